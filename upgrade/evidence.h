// upgrade/evidence.h: which steps were seen to work, as opposed to read about.
//
// Shape:  a walk is one `helm upgrade` done with real helm on a real API server; it says that helm
//         and the API server accept the step and which workloads come of it, nothing about Milvus.
//         A start is a real Milvus server started on metadata of another.
// Source: fixtures/paths/*.yaml for the walks, fixtures/etcd/*-on-*.jsonl for the starts.
#pragma once

#include "model/core/version.h"
#include "upgrade/survey.h"

namespace rehearse::upgrade {

// Whether this very pair of charts was walked with this topology and message queue.
bool WasWalked(const Survey& survey, const Version& from_chart, const Version& to_chart);

struct WalkedStation {
  Version chart;
  Version app;
};
// Where walks with this topology and message queue have stopped.
std::vector<WalkedStation> WalkedStations(const Survey& survey);

// The first server of 2.2 or later that was started on converted metadata and was right.
inline constexpr Version kMeasuredAfterMigration{2, 2, 16, ""};
bool WasStartedOnConverted(const Version& app);

}  // namespace rehearse::upgrade
