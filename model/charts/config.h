// model/charts/config.h: the ConfigMap of Milvus, as far as it is known, and the digests over it.
//
// Shape:      one key milvus.yaml up to chart 3.3.1, then default.yaml and user.yaml. The text is a
//             stand-in: the lines that laws read (etcd, minio, mq, messageQueue), then a digest of
//             everything else that the chart's template may read.
// Not modelled: the other lines of the real text.
// Source:     CHARTS-20 .. CHARTS-24.
#pragma once

#include <string>
#include <vector>

#include "model/charts/catalog.h"
#include "model/charts/expand.h"
#include "model/helm/render.h"

namespace rehearse::charts {

struct ConfigInput {
  const ChartInfo& chart;
  const Json& values;  // coalesced
  const Names& names;
  const helm::RenderRequest& request;
};

// Every `messageQueue:` line of the config, in order, without its key.
std::vector<std::string> MessageQueueLines(const ConfigInput& input);

// The standalone message queue that a 5.x chart decides on.
std::string StandaloneMessageQueue(const ConfigInput& input);

// ConfigMap.data
Json ConfigData(const ConfigInput& input);

// 64 hexadecimal digits that change with the text; stands for a sha256.
std::string ChecksumOf(std::string_view text);

}  // namespace rehearse::charts
