// upgrade/downtime.h: how long Milvus is expected to be away in a step.
//
// Units:  milliseconds without a ready Milvus.
// Shape:  an estimate for people, made of the delays that charts configure and that were measured;
//         a run tells what the simulated cluster makes of it.
// Source: zilliztech/milvus-helm@ec78133:charts/milvus/values.yaml (readiness delays),
//         fixtures/etcd/meta-migration-run.out (the tool itself takes less than a second),
//         milvus-io/milvus issues #26683, #26917, #32933 (interruptions of rolling updates).
#pragma once

#include "upgrade/candidate.h"

namespace rehearse::upgrade {

Millis DowntimeOf(const Survey& survey, const Candidate& step);

}  // namespace rehearse::upgrade
