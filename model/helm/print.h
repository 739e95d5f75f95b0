// model/helm/print.h: what helm history and helm list print.
//
// Source: HELM-50.
#pragma once

#include <string>
#include <vector>

#include "model/helm/types.h"

namespace rehearse::helm {

// `helm history`: REVISION, UPDATED, STATUS, CHART, APP VERSION, DESCRIPTION, oldest first.
std::string HistoryTable(std::vector<ReleaseRecord> records);
// `helm history -o json`.
Json HistoryJson(std::vector<ReleaseRecord> records);
// `helm list -o json`: the last revision of each release.
Json ListJson(const std::vector<ReleaseRecord>& records);
// RFC 3339 with nanoseconds, as helm stores times: "2026-11-22T20:19:25.599Z".
std::string TimeText(std::int64_t unix_ms);
// As helm's tables show times: "Sun Nov 22 20:19:25 2026".
std::string TableTime(std::int64_t unix_ms);

}  // namespace rehearse::helm
