// Goal: a chart with given values renders what helm rendered.
// Method: every recorded release (187 charts, three modes) object by object; then the manifests of
// real releases against ours for the same chart, values and names.
#include "model/charts/render.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/helm/codec.h"
#include "tests/model/charts/fixture.h"

namespace rehearse::charts {
namespace {

const std::map<std::string, std::vector<std::string>> kModes = {
    {"standalone",
     {"cluster.enabled=false,etcd.replicaCount=1,minio.mode=standalone,pulsar.enabled=false,"
      "pulsarv3.enabled=false"}},
    {"cluster_default", {}},
    {"cluster_pulsar2", {"pulsar.enabled=true,pulsarv3.enabled=false"}}};

std::string KeyOf(const std::string& kind, const std::string& name) { return kind + "/" + name; }

std::map<std::string, const Json*> ByKey(const helm::Objects& objects) {
  std::map<std::string, const Json*> out;
  for (const helm::JsonPtr& object : objects) {
    out[KeyOf(StringAt(*object, {"kind"}), StringAt(*object, {"metadata", "name"}))] = object.get();
  }
  return out;
}

std::string Filled(std::string text, const ChartInfo& chart, const std::string& tag) {
  const std::vector<std::pair<std::string, std::string>> tokens = {
      {"{chart}", chart.version.ToString()}, {"{app}", chart.app_version}, {"{tag}", tag}};
  for (const auto& [token, value] : tokens) {
    for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token, at)) {
      text.replace(at, token.size(), value);
    }
  }
  return text;
}

void ExpectWorkload(const Json& summary, const Json& object) {
  if (!summary.contains("containers")) {
    return;
  }
  const Json& pod = object["spec"]["template"]["spec"];
  ASSERT_EQ(pod["containers"].size(), summary["containers"].size());
  for (std::size_t i = 0; i < summary["containers"].size(); ++i) {
    const Json& expected = summary["containers"][i];
    const Json& container = pod["containers"][i];
    std::string image = StringAt(container, {"image"});
    if (image.starts_with("docker.io/")) {
      image.erase(0, 10);
    }
    EXPECT_EQ(image, StringAt(expected, {"image"}));
    EXPECT_EQ(container.value("args", Json()), expected.value("args", Json()));
    EXPECT_EQ(container.value("volumeMounts", Json::array()).size(),
              expected.value("mounts", Json::array()).size());
    EXPECT_EQ(container.value("ports", Json::array()).size(),
              expected.value("ports", Json::object()).size());
    EXPECT_EQ(container.contains("startupProbe"), expected.contains("startupProbe"));
  }
  EXPECT_EQ(object["spec"].value("replicas", Json()), summary.value("replicas", Json()));
  EXPECT_EQ(object["spec"].value("strategy", Json()), summary.value("strategy", Json()));
}

void ExpectRelease(const Json& recorded, const Json& ids, const helm::RenderRequest& request) {
  const ChartInfo& chart = *TestCatalog().Find(request.chart_version);
  const helm::Rendered rendered = MustRender(request);
  const auto ours = ByKey(rendered.objects);
  EXPECT_EQ(ours.size(), ids.size());
  for (const Json& id : ids) {
    const std::string text =
        Filled(Dump(recorded["objects"][id.get<std::string>()]), chart, chart.image_tag);
    const Json summary = *ParseJson(text, "recorded");
    const auto found = ours.find(KeyOf(StringAt(summary, {"kind"}), StringAt(summary, {"name"})));
    ASSERT_NE(found, ours.end()) << Dump(summary);
    SCOPED_TRACE(found->first);
    const Json& object = *found->second;
    EXPECT_EQ(object["metadata"].value("labels", Json()), summary.value("labels", Json()));
    EXPECT_EQ(object["metadata"].value("annotations", Json()),
              summary.value("annotations", Json()));
    ExpectWorkload(summary, object);
  }
}

// A cluster is compared at every chart at which the form of some object begins or ends.
bool IsBoundary(const Version& chart) {
  const auto& forms = TestCatalog().forms();
  return std::any_of(forms.begin(), forms.end(), [&](const ObjectForm& form) {
    return form.first == chart || form.last == chart;
  });
}

TEST(RenderTest, EveryRecordedReleaseIsReproduced) {
  const Json recorded = helm::JsonFixture("charts/release-objects.json.gz");
  ASSERT_EQ(recorded["releases"].size(), 187U);
  for (const auto& [version, release] : recorded["releases"].items()) {
    const bool boundary = IsBoundary(*ParseVersion(version));
    for (const auto& [mode, sets] : kModes) {
      if (mode != "standalone" && !boundary) {
        continue;
      }
      SCOPED_TRACE(version + " " + mode);
      ExpectRelease(recorded, release[mode], Install(version, Sets(sets)));
    }
  }
}

helm::ReleaseRecord RealRelease(const std::string& capture) {
  const Json secrets = helm::JsonFixture("captures/" + capture + "/release-secrets.json");
  helm::ReleaseRecord record = *helm::DecodeReleaseSecret(secrets["items"][0], capture);
  EXPECT_TRUE(helm::ParseManifest(record).has_value());
  return record;
}

helm::RenderRequest SameAgain(const helm::ReleaseRecord& record) {
  helm::RenderRequest request = Install(helm::ChartVersion(record), helm::ConfigOf(record));
  request.release = record.name;
  request.ns = record.ns;
  return request;
}

bool IsCompared(const std::string& key) {
  static const std::set<std::string> skipped = {
      "checksum/config", "checksum/secrets", "data", "rules", "roleRef", "targetPort", "exec"};
  return !skipped.contains(key);
}

// The item of `real` that `item` is about: lists of maps are matched by name, mount path or
// metadata.
const Json* Counterpart(const Json& item, const Json& real) {
  for (const Json& candidate : real) {
    if (candidate.value("name", "") == item.value("name", "") &&
        candidate.value("mountPath", "") == item.value("mountPath", "") &&
        candidate.value("metadata", Json()) == item.value("metadata", Json())) {
      return &candidate;
    }
  }
  return nullptr;
}

void ExpectPartOf(const Json& ours, const Json& real, const std::string& path);

void ExpectMembers(const Json& ours, const Json& real, const std::string& path) {
  for (const auto& [key, value] : ours.items()) {
    if (!IsCompared(key)) {
      continue;
    }
    if (real.contains(key)) {
      ExpectPartOf(value, real[key], path + "." + key);
    } else {
      ADD_FAILURE() << path << "." << key << " is not in the real manifest";
    }
  }
}

// What `ours` names stands in `real` with the same value.
void ExpectPartOf(const Json& ours, const Json& real, const std::string& path) {
  if (ours.is_object()) {
    ExpectMembers(ours, real, path);
  } else if (ours.is_array() && !ours.empty() && ours[0].is_object()) {
    for (const Json& item : ours) {
      if (const Json* found = Counterpart(item, real); found != nullptr) {
        ExpectPartOf(item, *found, path + "[" + item.value("name", "") + "]");
      } else {
        ADD_FAILURE() << path << ": no " << Dump(item) << " in the real manifest";
      }
    }
  } else {
    EXPECT_EQ(ours, real) << path;
  }
}

class RealReleaseTest : public testing::TestWithParam<const char*> {};

TEST_P(RealReleaseTest, OursIsAPartOfTheRealManifestInItsOrder) {
  const helm::ReleaseRecord record = RealRelease(GetParam());
  const helm::Rendered rendered = MustRender(SameAgain(record));
  const auto real = ByKey(*record.objects);
  const auto ours = ByKey(rendered.objects);
  for (const auto& [key, object] : ours) {
    ASSERT_TRUE(real.contains(key)) << key;
    ExpectPartOf(*object, *real.at(key), key);
  }
  ASSERT_EQ(ours.size(), real.size());
  for (std::size_t i = 0; i < rendered.objects.size(); ++i) {
    EXPECT_EQ(StringAt(*rendered.objects[i], {"metadata", "name"}),
              StringAt(*(*record.objects)[i], {"metadata", "name"}));
  }
}

TEST_P(RealReleaseTest, TheSameChartWithTheSameValuesChangesNothing) {
  const auto record = std::make_shared<const helm::ReleaseRecord>(RealRelease(GetParam()));
  helm::RenderRequest request = SameAgain(*record);
  request.is_install = false;
  request.revision = 2;
  request.current = record;
  const helm::Rendered rendered = MustRender(request);
  const auto real = ByKey(*record->objects);
  for (const auto& [key, object] : ByKey(rendered.objects)) {
    if (key != "StatefulSet/vec-etcd") {  // ETCD_INITIAL_CLUSTER_STATE: new, then existing
      EXPECT_EQ(*object, *real.at(key)) << key;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Captures,
                         RealReleaseTest,
                         testing::Values("standalone-2.1.4-healthy",
                                         "cluster-2.3.0-pulsar-healthy"));

}  // namespace
}  // namespace rehearse::charts
