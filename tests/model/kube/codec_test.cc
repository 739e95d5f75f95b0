// Goal: an object that was captured is served again with every field it had.
// Method: all objects of the captures, there and back; every member of the original must be there
// with its value, apart from what the model keeps typed and writes in its own form.
#include "model/kube/codec.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace rehearse::kube {
namespace {

std::string Slurp(const std::string& path) {
  std::ifstream file(std::string(REHEARSE_ROOT) + "/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Members of `a` that `b` lacks or has otherwise, as paths.
void Missing(const Json& a, const Json& b, const std::string& path, std::vector<std::string>& out) {
  if (path == "/status" || path == "/metadata/ownerReferences" ||
      path == "/metadata/resourceVersion") {
    return;
  }
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) {
      if (b.contains(key)) {
        Missing(value, b[key], path + "/" + key, out);
      } else if (!value.is_null()) {
        out.push_back(path + "/" + key);
      }
    }
  } else if (a != b) {
    out.push_back(path);
  }
}

TEST(CodecTest, CapturedObjectsComeBackWithEveryField) {
  int count = 0;
  for (const char* capture : {"standalone-2.1.4-healthy",
                              "cluster-2.3.0-pulsar-healthy",
                              "incident-meta-migration-panicked"}) {
    for (const char* file : {"objects.json", "cluster.json"}) {
      const std::string path = std::string("fixtures/captures/") + capture + "/" + file;
      const Json list = ParseJson(Slurp(path), path).value();
      for (const Json& document : list["items"]) {
        const auto object = FromJson(document, path);
        ASSERT_TRUE(object) << object.error().message;
        std::vector<std::string> missing;
        Missing(document, ToJson(*object), "", missing);
        EXPECT_TRUE(missing.empty()) << object->ref.Key() << " " << missing.front();
        EXPECT_EQ(DigestOf(FromJson(ToJson(*object), path).value()), DigestOf(*object))
            << object->ref.Key();
        ++count;
      }
    }
  }
  EXPECT_GT(count, 150);
}

TEST(CodecTest, WhatIsNoObjectIsRefusedWithItsPlace) {
  EXPECT_EQ(FromJson(Json::object(), "objects.json item 3").error().message,
            "objects.json item 3: not a Kubernetes object (kind or metadata.name missing)");
  const Json deployment = {{"kind", "Deployment"}, {"metadata", {{"name", "d"}}}};
  EXPECT_EQ(FromJson(deployment, "x").error().message, "x: Deployment d: spec.template is missing");
}

TEST(CodecTest, AStatusIsServedAsTheApiServerDoes) {  // absent where the count is 0
  const Json document = {{"apiVersion", "apps/v1"},
                         {"kind", "Deployment"},
                         {"metadata", {{"name", "d"}, {"namespace", "n"}}},
                         {"spec", {{"replicas", 0}, {"template", {{"spec", Json::object()}}}}}};
  const Json served = ToJson(FromJson(document, "x").value());
  EXPECT_FALSE(served["status"].contains("readyReplicas"));
  EXPECT_EQ(served["spec"]["replicas"], 0);
}

}  // namespace
}  // namespace rehearse::kube
