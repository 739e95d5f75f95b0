// app/live_chart.h: charts of our own that put on a cluster what the published ones do.
//
// Shape:  Chart.yaml, values.yaml (the defaults that are known) and one template an object, for
// both
//         topologies. Names, labels, images, ports, volumes and strategies are those of the
//         catalog; release, namespace, image.all.tag, minio.image.tag and cluster.enabled are read
//         when helm renders, all else is fixed.
// Errors: kNotFound for a chart whose objects are not known; kInvalidArgument, kFailed of files.
// Not modelled: every other value. A run with these charts is no evidence for what charts render.
// Source: fixtures/charts/release-objects.json.gz, by model/charts.
#pragma once

#include <string>

#include "model/charts/catalog.h"

namespace rehearse::app {

// Writes the chart into the folder; what is there is replaced, file by file.
Status WriteChart(const charts::Catalog& catalog,
                  const std::string& version,
                  const std::string& folder);

}  // namespace rehearse::app
