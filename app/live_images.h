// app/live_images.h: the images that a node of kind has to have for charts and plans.
//
// Shape:  full names, sorted: Milvus in every version that a chart or a plan
//         may name, what the charts
//         put beside it (etcd, MinIO, the config tool; not pulsar), the migration tool.
#pragma once

#include <string>
#include <vector>

#include "model/charts/catalog.h"

namespace rehearse::app {

std::vector<std::string> StandInImages(const charts::Catalog& catalog);

}  // namespace rehearse::app
