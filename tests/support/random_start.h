// tests/support/random_start.h: where random sequences start: versions, topologies, metadata.
//
// Shape:  a start is a scenario's; what is generated is put over a capture.
#pragma once

#include <map>
#include <memory>
#include <ostream>
#include <string>

#include "app/scenario/course.h"
#include "app/scenario/recorded.h"
#include "tests/support/rehearsals.h"

namespace rehearse::tests {

enum class StartKind {
  kStandalone21,
  kStandalone22,
  kStandalone23,
  kCluster23,
  kCluster24,
  kCount
};

struct RandomStart {
  StartKind kind = StartKind::kStandalone21;
  std::uint64_t seed = 0;  // of generated metadata (standalone 2.1); 0 = as captured
  std::int64_t collections = 0;
};

inline const char* NameOf(StartKind kind) {
  switch (kind) {
    case StartKind::kStandalone21:
      return "standalone 2.1.4";
    case StartKind::kStandalone22:
      return "standalone 2.2.14";
    case StartKind::kStandalone23:
      return "standalone 2.3.13";
    case StartKind::kCluster23:
      return "cluster 2.3.0";
    case StartKind::kCluster24:
      return "cluster 2.4.17";
    case StartKind::kCount:
      break;
  }
  return "";
}

inline std::ostream& operator<<(std::ostream& os, StartKind kind) { return os << NameOf(kind); }

inline app::StartSpec Described(const char* chart, const char* topology, const Version& server) {
  app::StartSpec spec;
  spec.chart = chart;
  spec.topology = topology;
  spec.kubernetes = "1.24.0";
  spec.metadata = app::RecordedNameFor(server);
  return spec;
}

inline app::StartSpec SpecOf(const RandomStart& start) {
  app::StartSpec spec;
  switch (start.kind) {
    case StartKind::kStandalone22:
      return Described("4.0.34", "standalone", {2, 2, 14, ""});
    case StartKind::kStandalone23:
      return Described("4.1.28", "standalone", {2, 3, 13, ""});
    case StartKind::kCluster24:
      return Described("4.2.25", "cluster", {2, 4, 17, ""});
    case StartKind::kCluster23:
      spec.capture = Fixture("captures/cluster-2.3.0-pulsar-healthy");
      return spec;
    case StartKind::kStandalone21:
    case StartKind::kCount:
      break;
  }
  spec.capture = Fixture("captures/standalone-2.1.4-healthy");
  if (start.seed != 0) {
    spec.metadata =
        "generated:" + std::to_string(start.seed) + ":" + std::to_string(start.collections);
  }
  return spec;
}

// Starts are made once; what is generated is put over the captured.
inline app::Course CourseOf(const RandomStart& start) {
  static const auto catalog = std::make_shared<const charts::Catalog>(Charts());
  static std::map<StartKind, app::Course> made;
  if (!made.contains(start.kind)) {
    made.emplace(start.kind, app::MakeCourse(SpecOf({start.kind}), "", catalog).value());
  }
  app::Course course = made.at(start.kind);
  const std::string metadata = SpecOf(start).metadata;
  if (app::IsGenerated(metadata)) {
    course.situation.etcd = app::Generated(metadata, course.situation.etcd);
    course.start = sim::BuildState(course.situation, *course.world).value();
  }
  return course;
}

}  // namespace rehearse::tests
