// app/scenario/pairs.h: which upgrades the matrix is made of: pairs of published charts.
//
// Shape:  the representative set is the last published chart of every minor of Milvus and those of
//         the versions that the documents name (2.2.0: migrate.sh's own default; 2.3.0: the
//         captured cluster; 2.5.12: the official page's goal); all: every published chart. A pair
//         goes to a higher chart and to no lower Milvus. Prereleases are in no representative set.
// Filter: "2.5" a minor, "2.5.12" an app version (its last published chart), "chart:4.2.49"; what
//         is published can be named also where it is not in the set.
// Errors: kInvalidArgument: a filter that fits no chart, filters that fit no pair.
#pragma once

#include <string>
#include <vector>

#include "model/charts/catalog.h"

namespace rehearse::app {

struct Point {
  std::string chart;
  Version chart_version;
  Version app;                   // of the image that the chart brings
  bool last_of_its_app = false;  // an app version alone means this chart
};

// Every published chart of Milvus 2.1 and later whose objects are known, lowest first.
std::vector<Point> SupportedPoints(const charts::Catalog& catalog);
// Published charts of Milvus 2 that are not among them.
std::size_t PointsLeftOut(const charts::Catalog& catalog);

struct PairFilter {
  bool all = false;
  std::string from;
  std::string to;
};
struct Pair {
  Point from;
  Point to;
};
// By from, then by to.
Result<std::vector<Pair>> PairsOf(const charts::Catalog& catalog, const PairFilter& filter);

}  // namespace rehearse::app
