#include "upgrade/evidence.h"

#include <algorithm>
#include <array>

namespace rehearse::upgrade {
namespace {

struct Walk {
  Topology topology;
  MessageQueue queue;
  Version from;
  Version to;
  Version app;
};

constexpr Version V(std::int64_t major, std::int64_t minor, std::int64_t patch) {
  return Version{major, minor, patch, ""};
}

constexpr Topology kStandalone = Topology::kStandalone;
constexpr Topology kCluster = Topology::kCluster;
constexpr MessageQueue kRocksmq = MessageQueue::kRocksmq;
constexpr MessageQueue kPulsarV2 = MessageQueue::kPulsarV2;

// fixtures/paths/standalone-rocksmq.yaml, fixtures/paths/cluster-pulsar.yaml.
const std::array<Walk, 15>& Walks() {
  static const std::array<Walk, 15> walks = {{
      {kStandalone, kRocksmq, V(3, 2, 18), V(4, 0, 34), V(2, 2, 16)},
      {kStandalone, kRocksmq, V(4, 0, 34), V(4, 1, 24), V(2, 3, 11)},
      {kStandalone, kRocksmq, V(4, 1, 24), V(4, 1, 36), V(2, 4, 5)},
      {kStandalone, kRocksmq, V(4, 1, 36), V(4, 2, 20), V(2, 4, 16)},
      {kStandalone, kRocksmq, V(4, 2, 20), V(4, 2, 49), V(2, 5, 12)},
      {kStandalone, kRocksmq, V(4, 2, 49), V(4, 2, 58), V(2, 5, 16)},
      {kStandalone, kRocksmq, V(4, 2, 58), V(5, 0, 0), V(2, 6, 0)},
      {kStandalone, kRocksmq, V(5, 0, 0), V(5, 0, 19), V(2, 6, 15)},
      {kCluster, kPulsarV2, V(4, 1, 0), V(4, 1, 36), V(2, 4, 5)},
      {kCluster, kPulsarV2, V(4, 1, 36), V(4, 2, 3), V(2, 4, 7)},
      {kCluster, kPulsarV2, V(4, 2, 3), V(4, 2, 20), V(2, 4, 16)},
      {kCluster, kPulsarV2, V(4, 2, 20), V(4, 2, 49), V(2, 5, 12)},
      {kCluster, kPulsarV2, V(4, 2, 49), V(4, 2, 58), V(2, 5, 16)},
      {kCluster, kPulsarV2, V(4, 2, 58), V(5, 0, 0), V(2, 6, 0)},
      {kCluster, kPulsarV2, V(5, 0, 0), V(5, 0, 19), V(2, 6, 15)},
  }};
  return walks;
}

bool IsAlike(const Walk& walk, const Survey& survey) {
  return walk.topology == survey.topology && walk.queue == survey.queue;
}

}  // namespace

bool WasWalked(const Survey& survey, const Version& from_chart, const Version& to_chart) {
  return std::ranges::any_of(Walks(), [&](const Walk& walk) {
    return IsAlike(walk, survey) && walk.from == from_chart && walk.to == to_chart;
  });
}

std::vector<WalkedStation> WalkedStations(const Survey& survey) {
  std::vector<WalkedStation> stations;
  for (const Walk& walk : Walks()) {
    if (IsAlike(walk, survey)) {
      stations.push_back({walk.to, walk.app});
    }
  }
  return stations;
}

bool WasStartedOnConverted(const Version& app) {
  return app == kMeasuredAfterMigration || app == V(2, 3, 5);
}

}  // namespace rehearse::upgrade
