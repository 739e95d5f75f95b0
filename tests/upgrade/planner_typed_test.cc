// Goal: who types the plan's commands makes the very objects that the executor would make.
// Method: the manifests among the typed commands of the metadata hop against those that a run
//         applies.
#include <gtest/gtest.h>

#include <set>

#include "tests/upgrade/situations.h"

namespace rehearse::tests {
namespace {

// Kind/name of what the here-documents hold.
std::set<std::string> TypedObjects(const result::Plan& plan) {
  std::set<std::string> names;
  for (const std::string& command : plan.hops.at(0).commands) {
    const std::size_t begin = command.find("<<'EOF'\n");
    if (begin == std::string::npos) {
      continue;
    }
    const std::size_t end = command.rfind("EOF");
    const auto documents = ParseYaml(command.substr(begin + 8, end - begin - 8), "typed");
    EXPECT_TRUE(documents) << command;
    for (const Json& document : *documents) {
      names.insert(StringAt(document, {"kind"}) + "/" + StringAt(document, {"metadata", "name"}));
    }
  }
  return names;
}

TEST(PlannerTypedTest, TheObjectsAreThoseOfTheExecutor) {
  const app::Rehearsal rehearsal = Hop();
  const std::set<std::string> typed = TypedObjects(*rehearsal.plan);
  EXPECT_EQ(typed,
            (std::set<std::string>{"ConfigMap/rehearse-my-release-a1-config-1",
                                   "PersistentVolumeClaim/rehearse-my-release-a1-backup",
                                   "Pod/rehearse-my-release-a1-backup-1",
                                   "Pod/rehearse-my-release-a1-migrate-1",
                                   "Pod/rehearse-my-release-a1-reader-1"}));
  sim::Session session = app::StartSession(rehearsal);
  std::set<std::string> made;
  while (!session.ended()) {
    session.Step();
    session.cluster().state().objects.ForEach([&](const std::string&, const auto& object) {
      if (object->ref.name.starts_with("rehearse-")) {
        made.insert(object->ref.kind + "/" + object->ref.name);
      }
    });
  }
  EXPECT_EQ(made, typed);
}

// Left by an attempt before: the next one has the next number.
TEST(PlannerTypedTest, TheNextAttemptHasTheNextNumber) {
  cluster::Situation situation = Healthy();
  const Json claim = {{"apiVersion", "v1"},
                      {"kind", "PersistentVolumeClaim"},
                      {"metadata",
                       {{"name", "rehearse-my-release-a1-backup"},
                        {"namespace", "default"},
                        {"labels",
                         {{"app.kubernetes.io/managed-by", "rehearse"},
                          {"rehearse.io/release", "my-release"},
                          {"rehearse.io/attempt", "1"}}}}},
                      {"spec", {{"accessModes", Json::array({"ReadWriteOnce"})}}}};
  kube::Object object = kube::FromJson(claim, "claim").value();
  const std::string key = object.ref.Key();
  situation.objects = situation.objects.Set(key, std::move(object));
  EXPECT_TRUE(TypedObjects(PlanTo(situation, "2.2.16"))
                  .contains("PersistentVolumeClaim/rehearse-my-release-a2-backup"));
}

}  // namespace
}  // namespace rehearse::tests
