// model/core/placed_yaml.h: a document of YAML for people who must be told where something is
// wrong.
//
// Units:  lines and columns from 1.
// Shape:  places by JSON pointer ("/steps/0/run"): of a member its key, of an item its beginning.
// Errors: kInvalidArgument with the place in `error_place`, where that is not null; more than one
//         document, or none, is an error.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/core/json.h"

namespace rehearse {

struct Place {
  int line = 1;
  int column = 1;
  friend bool operator==(const Place&, const Place&) = default;
};

struct PlacedYaml {
  Json document;
  std::map<std::string, Place> places;
  std::vector<std::pair<std::string, Place>> repeated;  // pointers of keys that stand twice
};

Result<PlacedYaml> ParsePlacedYaml(std::string_view text,
                                   std::string_view where,
                                   Place* error_place = nullptr);

}  // namespace rehearse
