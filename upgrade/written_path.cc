#include "upgrade/written_path.h"

#include <algorithm>
#include <array>
#include <span>

namespace rehearse::upgrade {
namespace {

using Keys = std::span<const std::string_view>;

struct ProcedureRow {
  std::string_view name;
  Means means;
  Keys keys;      // allowed
  Keys required;  // of these
};

constexpr std::array<std::string_view, 7> kHelmKeys = {
    "procedure", "chart", "repository", "values", "set", "app", "restarted"};
constexpr std::array<std::string_view, 6> kMigrationKeys = {
    "procedure", "chart", "app", "tool", "source", "target"};
constexpr std::array<std::string_view, 7> kScriptKeys = {
    "procedure", "chart", "app", "tool", "source", "target", "removes_backup"};
constexpr std::array<std::string_view, 3> kImageKeys = {"procedure", "chart", "app"};
constexpr std::array<std::string_view, 1> kApp = {"app"};
constexpr std::array<std::string_view, 2> kChartAndApp = {"chart", "app"};

constexpr std::array<ProcedureRow, 7> kProcedures = {{
    {"helm-upgrade", Means::kHelmUpgrade, kHelmKeys, {}},
    {"metadata-migration", Means::kMetadataMigration, kMigrationKeys, kApp},
    {"rolling-update", Means::kRollingUpdate, kImageKeys, kApp},
    {"migrate.sh", Means::kMigrateScript, kScriptKeys, kApp},
    {"migrate.sh-rollback", Means::kMigrateScriptBack, kImageKeys, kApp},
    {"rollingUpdate.sh", Means::kRollingUpdateScript, kImageKeys, kApp},
    {"helm-rollback", Means::kHelmRollback, kImageKeys, kChartAndApp},
}};

template <typename Names>
std::string Join(const Names& names) {
  std::string text;
  for (const auto& name : names) {
    text += (text.empty() ? "" : ", ") + std::string(name);
  }
  return text;
}

std::string ProcedureNames() {
  std::vector<std::string_view> names;
  for (const ProcedureRow& row : kProcedures) {
    names.push_back(row.name);
  }
  return Join(names);
}

Status CheckKeys(const Json& map, Keys allowed, const std::string& place) {
  for (const auto& [key, value] : map.items()) {
    if (std::ranges::find(allowed, key) == allowed.end()) {
      return BadInput(place + ": unknown key '" + key + "' (expected " + Join(allowed) + ")");
    }
  }
  return {};
}

Status ReadText(const Json& map, const char* key, const std::string& place, std::string& into) {
  const Json* value = At(map, {key});
  if (value == nullptr) {
    return {};
  }
  if (!value->is_string() || value->get<std::string>().empty()) {
    return BadInput(place + "." + key + ": expected a text, found " + Dump(*value));
  }
  into = value->get<std::string>();
  return {};
}

Status ReadVersion(const Json& map,
                   const char* key,
                   const std::string& place,
                   std::optional<Version>& into) {
  const Json* value = At(map, {key});
  if (value == nullptr) {
    return {};
  }
  const auto version = ParseVersion(value->is_string() ? value->get<std::string>() : "");
  if (!version) {
    return BadInput(place + "." + key + ": expected a version X.Y.Z, found " + Dump(*value));
  }
  into = *version;
  return {};
}

Status ReadSets(const Json& map, const std::string& place, std::vector<std::string>& into) {
  const Json* list = At(map, {"set"});
  if (list == nullptr) {
    return {};
  }
  if (!list->is_array()) {
    return BadInput(place + ".set: expected a list of KEY=VALUE, found " + Dump(*list));
  }
  for (std::size_t i = 0; i < list->size(); ++i) {
    const std::string at = place + ".set[" + std::to_string(i) + "]";
    if (!(*list)[i].is_string()) {
      return BadInput(at + ": expected KEY=VALUE, found " + Dump((*list)[i]));
    }
    Json ignored = Json::object();
    const Status parsed = helm::ParseSet((*list)[i].get<std::string>(), ignored);
    if (!parsed) {
      return BadInput(at +
                      ": expected KEY=VALUE as helm's --set takes it: " + parsed.error().message);
    }
    into.push_back((*list)[i].get<std::string>());
  }
  return {};
}

Status ReadValuesMode(const Json& map, const std::string& place, helm::ValuesMode& into) {
  std::string text;
  TRY(ReadText(map, "values", place, text));
  if (text.empty()) {
    return {};
  }
  const auto mode = helm::ParseValuesMode(text);
  if (!mode) {
    return BadInput(place + ".values: expected none, reuse, reset or reset-then-reuse, found \"" +
                    text + "\"");
  }
  into = *mode;
  return {};
}

Status ReadFlag(const Json& map, const char* key, const std::string& place, bool& into) {
  const Json* value = At(map, {key});
  if (value == nullptr) {
    return {};
  }
  if (!value->is_boolean()) {
    return BadInput(place + "." + key + ": expected true or false, found " + Dump(*value));
  }
  into = value->get<bool>();
  return {};
}

Result<const ProcedureRow*> ProcedureOf(const Json& map, const std::string& place) {
  std::string name;
  TRY(ReadText(map, "procedure", place, name));
  const auto row = std::ranges::find(kProcedures, name, &ProcedureRow::name);
  if (row == kProcedures.end()) {
    return BadInput(place + ".procedure: expected one of " + ProcedureNames() +
                    (name.empty() ? ", found none" : ", found \"" + name + "\""));
  }
  return &*row;
}

Result<WrittenHop> ParseHop(const Json& map, const std::string& place) {
  if (!map.is_object()) {
    return BadInput(place + ": expected a mapping with a procedure, found " + Dump(map));
  }
  TRY_ASSIGN(const ProcedureRow* row, ProcedureOf(map, place));
  TRY(CheckKeys(map, row->keys, place));
  for (const std::string_view key : row->required) {
    if (At(map, {key}) == nullptr) {
      return BadInput(place + ": expected key '" + std::string(key) + "' for " +
                      std::string(row->name));
    }
  }
  WrittenHop hop;
  hop.place = place;
  hop.procedure = row->name;
  hop.means = row->means;
  TRY(ReadVersion(map, "chart", place, hop.chart));
  TRY(ReadVersion(map, "app", place, hop.app));
  TRY(ReadVersion(map, "source", place, hop.source));
  TRY(ReadVersion(map, "target", place, hop.target));
  TRY(ReadText(map, "repository", place, hop.repository));
  TRY(ReadText(map, "tool", place, hop.tool));
  TRY(ReadValuesMode(map, place, hop.values));
  TRY(ReadSets(map, place, hop.sets));
  TRY(ReadFlag(map, "removes_backup", place, hop.removes_backup));
  return hop;
}

Result<WrittenStart> ParseStart(const Json& map, const std::string& place) {
  static constexpr std::array<std::string_view, 4> kKeys = {
      "chart", "app", "topology", "message_queue"};
  WrittenStart start;
  if (!map.is_object()) {
    return BadInput(place + ": expected a mapping with " + Join(kKeys));
  }
  TRY(CheckKeys(map, kKeys, place));
  TRY(ReadVersion(map, "chart", place, start.chart));
  TRY(ReadVersion(map, "app", place, start.app));
  TRY(ReadText(map, "topology", place, start.topology));
  TRY(ReadText(map, "message_queue", place, start.message_queue));
  return start;
}

}  // namespace

Result<WrittenPath> ParseWrittenPath(std::string_view text, const std::string& file) {
  static constexpr std::array<std::string_view, 2> kKeys = {"from", "hops"};
  TRY_ASSIGN(const std::vector<Json> documents, ParseYaml(text, file));
  if (documents.size() != 1 || !documents[0].is_object()) {
    return BadInput(file + ": expected one document with a list 'hops'");
  }
  const Json& root = documents[0];
  TRY(CheckKeys(root, kKeys, file));
  const Json* hops = At(root, {"hops"});
  if (hops == nullptr || !hops->is_array() || hops->empty()) {
    return BadInput(file + ": hops: expected a list of at least one hop");
  }
  WrittenPath path;
  path.file = file;
  if (const Json* from = At(root, {"from"})) {
    TRY_ASSIGN(path.from, ParseStart(*from, file + ": from"));
  }
  for (std::size_t i = 0; i < hops->size(); ++i) {
    const std::string place = file + ": hops[" + std::to_string(i) + "]";
    TRY_ASSIGN(WrittenHop hop, ParseHop((*hops)[i], place));
    path.hops.push_back(std::move(hop));
  }
  return path;
}

}  // namespace rehearse::upgrade
