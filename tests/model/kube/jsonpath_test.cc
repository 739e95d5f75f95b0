// Goal:   kubectl's text output, on the templates that the official scripts and people use.
// Method: examples whose answers follow from Law::kKubectlJsonPath, and real objects of a fixture.
#include "model/kube/jsonpath.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace rehearse::kube {
namespace {

Json Parsed(std::string_view text) {
  const Result<Json> json = ParseJson(text, "test");
  EXPECT_TRUE(json.has_value());
  return json.value_or(Json());
}

Json Service() {
  return Parsed(R"({
    "apiVersion": "v1", "kind": "Service",
    "metadata": {"name": "rel-etcd", "labels": {"app.kubernetes.io/name": "etcd"}},
    "spec": {"ports": [{"name": "client", "port": 2379}, {"name": "peer", "port": 2380}],
             "on": true, "none": null, "cidr": "<a&b>"}})");
}

Json DeploymentNamed(const std::string& name, const std::string& image) {
  return Json{
      {"apiVersion", "apps/v1"},
      {"kind", "Deployment"},
      {"metadata", {{"name", name}}},
      {"spec",
       {{"strategy", {{"type", "Recreate"}}},
        {"template",
         {{"metadata", {{"labels", {{"a", "b"}}}}},
          {"spec",
           {{"containers",
             {{{"name", "proxy"}, {"image", image}}, {{"name", "side"}, {"image", "s:1"}}}}}}}}}}};
}

std::string Eval(std::string_view path, const Json& document) {
  const Result<std::string> text = EvalJsonPath(path, document);
  return text ? *text : "error: " + text.error().message;
}

TEST(JsonPathTest, FieldsPrintPlainlyAndMissingOnesAsNothing) {
  EXPECT_EQ(Eval("{.metadata.name}", Service()), "rel-etcd");
  EXPECT_EQ(Eval("{$.metadata.name}", Service()), "rel-etcd");
  EXPECT_EQ(Eval("{.spec.ports[1].port}", Service()), "2380");
  EXPECT_EQ(Eval("{.spec.on}", Service()), "true");
  EXPECT_EQ(Eval("{.spec.none}", Service()), "<nil>");
  EXPECT_EQ(Eval("{.spec.none.deeper}", Service()), "");
  EXPECT_EQ(Eval("{.status.replicas}", Service()), "");
  EXPECT_EQ(Eval("{.metadata.name.deeper}", Service()), "");
}

TEST(JsonPathTest, DotsInNamesAreEscaped) {
  EXPECT_EQ(Eval(R"({.metadata.labels.app\.kubernetes\.io/name})", Service()), "etcd");
  EXPECT_EQ(Eval(R"({.metadata.labels['app\.kubernetes\.io/name']})", Service()), "etcd");
  EXPECT_EQ(Eval(R"({.metadata['labels']["app\.kubernetes\.io/name"]})", Service()), "etcd");
  EXPECT_EQ(Eval("{.metadata.labels.app.kubernetes.io/name}", Service()), "");
}

TEST(JsonPathTest, FiltersChooseElements) {
  EXPECT_EQ(Eval(R"({.spec.ports[?(@.name == "client")].port})", Service()), "2379");
  EXPECT_EQ(Eval(R"({.spec.ports[?(@.name=='peer')].port})", Service()), "2380");
  EXPECT_EQ(Eval(R"({.spec.ports[?(@.port > 2379)].name})", Service()), "peer");
  EXPECT_EQ(Eval(R"({.spec.ports[?(@.port <= 2380)].name})", Service()), "client peer");
  EXPECT_EQ(Eval(R"({.spec.ports[?(@.port != 2379)].name})", Service()), "peer");
  EXPECT_EQ(Eval(R"({.spec.ports[?(@.name)].port})", Service()), "2379 2380");
  EXPECT_EQ(Eval(R"({.spec.ports[?(@.protocol == "TCP")].port})", Service()), "");
  EXPECT_EQ(Eval(R"({.spec.ports[?(@.name == "a, b ]")].port})", Service()), "");
}

TEST(JsonPathTest, ListsJoinWithBlanks) {
  EXPECT_EQ(Eval("{.spec.ports[*].port}", Service()), "2379 2380");
  EXPECT_EQ(Eval("{.spec.ports[-1].port}", Service()), "2380");
  EXPECT_EQ(Eval("{.spec.ports[0:1].port}", Service()), "2379");
  EXPECT_EQ(Eval("{.spec.ports[:].port}", Service()), "2379 2380");
  EXPECT_EQ(Eval("{.spec.ports[0]}", Service()), R"({"name":"client","port":2379})");
  EXPECT_EQ(Eval("{.spec.ports}", Service()),
            R"([{"name":"client","port":2379},{"name":"peer","port":2380}])");
  EXPECT_EQ(Eval("{.spec.cidr}", Service()), "<a&b>");
  EXPECT_EQ(Eval("{.spec.ports.name}", Service()), "");
}

TEST(JsonPathTest, DescentFindsEachLevel) {
  const Json list = {{"kind", "List"},
                     {"items", {DeploymentNamed("b", "i:2"), DeploymentNamed("a", "i:1")}},
                     {"metadata", {{"resourceVersion", ""}}}};
  EXPECT_EQ(Eval("{.items..metadata.name}", list), "b a");
  EXPECT_EQ(Eval("{.items[*].spec..image}", list), "i:2 s:1 i:1 s:1");
  EXPECT_EQ(Eval("{..type}", list), "Recreate Recreate");
}

TEST(JsonPathTest, SeveralExpressionsAndLiteralText) {
  const Json deployment = DeploymentNamed("x", "i:2");
  EXPECT_EQ(Eval("{.spec.strategy.type},{.spec.template.spec.containers..image},"
                 "{.spec.template.spec.containers[0].name}",
                 deployment),
            "Recreate,i:2 s:1,proxy");
  EXPECT_EQ(Eval(R"({.kind}{"\t"}{.metadata.name}{"\n"})", deployment), "Deployment\tx\n");
  EXPECT_EQ(Eval("'{.kind}'", deployment), "'Deployment'");
  EXPECT_EQ(Eval("no braces", deployment), "no braces");
  EXPECT_EQ(Eval("", deployment), "");
}

TEST(JsonPathTest, ErrorsAreKubectls) {
  EXPECT_EQ(Eval("{.spec.ports[5]}", Service()),
            "error: array index out of bounds: index 5, length 2");
  EXPECT_EQ(EvalJsonPath("{.spec.ports[5]}", Service()).error().code, ErrorCode::kFailed);
  EXPECT_EQ(EvalJsonPath("{.spec.on[?(@.a)]}", Service()).error().code, ErrorCode::kFailed);
  for (const std::string_view bad : {"{.a",
                                     "{.a[}",
                                     "{items}",
                                     "{.a[x]}",
                                     "{.a[]}",
                                     "{range .items[*]}",
                                     "{.a[?(b)]}",
                                     "{.a[0,1]}",
                                     "{.a[1:2:3:4]}"}) {
    const Result<std::string> text = EvalJsonPath(bad, Service());
    ASSERT_FALSE(text.has_value()) << bad;
    EXPECT_EQ(text.error().code, ErrorCode::kInvalidArgument) << bad;
    EXPECT_NE(text.error().message.find(bad), std::string::npos);
  }
}

TEST(TextOutputTest, NamesCarryTheApiGroup) {
  const std::vector<Json> documents = {Service(), DeploymentNamed("d", "i")};
  EXPECT_EQ(TextOutput("name", documents, true).value_or("?"),
            "service/rel-etcd\ndeployment.apps/d\n");
  EXPECT_EQ(TextOutput("name", {}, true).value_or("?"), "");
  EXPECT_EQ(TextOutput("", documents, true).value_or("?"), "NAME\nrel-etcd\nd\n");
  EXPECT_FALSE(TextOutput("go-template=x", documents, true).has_value());
}

TEST(TextOutputTest, SeveralObjectsAreAList) {
  const std::vector<Json> one = {Service()};
  EXPECT_EQ(TextOutput("jsonpath={.metadata.name}", one, false).value_or("?"), "rel-etcd");
  EXPECT_EQ(TextOutput("jsonpath={.items..metadata.name}", one, true).value_or("?"), "rel-etcd");
  EXPECT_EQ(TextOutput("jsonpath={.spec.ports}", one, true).value_or("?"), "");
  EXPECT_EQ(TextOutput("jsonpath={.items..metadata.name}", {}, true).value_or("?"), "");
}

TEST(TextOutputTest, JsonIsIndentedByFourAndEscapedAsGoDoes) {
  const std::string text =
      TextOutput("json", {Parsed(R"({"b": {"c": "<a&b>"}, "a": []})")}, false).value_or("?");
  EXPECT_EQ(
      text,
      "{\n    \"a\": [],\n    \"b\": {\n        \"c\": \"\\u003ca\\u0026b\\u003e\"\n    }\n}\n");
}

// kubectl's answers can be read back: what a script cuts out of them is what is there.
RC_GTEST_PROP(TextOutputProps, jsonTextParsesBackToTheDocument, (const std::string& text)) {
  const Json document = Parsed(Dump(Json{{"data", {{"k", text}}}}));
  const Result<std::string> out = TextOutput("json", {document}, false);
  RC_ASSERT(out.has_value());
  const Result<Json> back = ParseJson(*out, "out");
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == document);
}

RC_GTEST_PROP(JsonPathProps, escapedNamesFindTheirField, ()) {
  const auto name = *rc::gen::nonEmpty(
      rc::gen::container<std::string>(rc::gen::elementOf(std::string("abz/.-_09"))));
  std::string escaped;
  for (const char letter : name) {
    escaped += letter == '.' ? "\\." : std::string(1, letter);
  }
  RC_ASSERT(EvalJsonPath("{." + escaped + "}", Json{{name, "found"}}).value_or("?") == "found");
}

}  // namespace
}  // namespace rehearse::kube
