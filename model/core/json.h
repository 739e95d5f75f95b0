// model/core/json.h: JSON and YAML documents as values; the one place that knows the libraries.
//
// Shape:  Json keeps object members sorted by key, so that Dump is canonical.
// Errors: kInvalidArgument with `<where>: <what the parser expected, at which byte or line>`.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "model/core/hash.h"
#include "model/core/result.h"

namespace rehearse {

using Json = nlohmann::json;

// Parses one JSON text. `where` names the file (or part of it) in the error message.
Result<Json> ParseJson(std::string_view text, std::string_view where);

// Parses all documents of a YAML stream into JSON (scalars typed as YAML 1.2 core, as helm and
// kubectl read them: quoted scalars stay strings). Empty documents are left out.
Result<std::vector<Json>> ParseYaml(std::string_view text, std::string_view where);

// Canonical text: sorted keys, no white space; invalid UTF-8 is replaced.
std::string Dump(const Json& json);
// For people: two spaces of indent.
std::string DumpPretty(const Json& json);

// Block-style YAML of a JSON value, stable, as helm writes manifests back.
std::string DumpYaml(const Json& json);

// Follows object members; nullptr where one is missing. Never throws.
const Json* At(const Json& json, std::initializer_list<std::string_view> path);

// Typed reads with a fallback; a member of another type counts as missing.
std::string StringAt(const Json& json,
                     std::initializer_list<std::string_view> path,
                     std::string_view fallback = "");
std::int64_t IntAt(const Json& json,
                   std::initializer_list<std::string_view> path,
                   std::int64_t fallback = 0);

Fingerprint HashJson(const Json& json);

}  // namespace rehearse
