// Views as JSON, as text, and compared.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "model/milvus/view.h"

namespace rehearse::milvus {
namespace {

std::string ParamsText(const std::map<std::string, std::string>& params) {
  std::string text;
  for (const auto& [key, value] : params) {
    text += (text.empty() ? "" : ", ") + key + "=" + value;
  }
  return text;
}

Json FieldJson(const FieldView& field) {
  return Json{{"id", field.id},
              {"name", field.name},
              {"type", field.type},
              {"primary_key", field.primary_key},
              {"params", field.params}};
}

Json IndexJson(const IndexView& index) {
  return Json{{"id", index.id},
              {"name", index.name},
              {"field_id", index.field_id},
              {"field", index.field_name},
              {"params", index.params},
              {"segments", index.segments},
              {"unbuilt_segments", index.unbuilt_segments}};
}

Json CollectionJson(const CollectionView& collection) {
  Json partitions = Json::array();
  for (const PartitionView& partition : collection.partitions) {
    partitions.push_back(
        Json{{"id", partition.id}, {"name", partition.name}, {"rows", partition.rows}});
  }
  Json fields = Json::array();
  for (const FieldView& field : collection.fields) {
    fields.push_back(FieldJson(field));
  }
  Json indexes = Json::array();
  for (const IndexView& index : collection.indexes) {
    indexes.push_back(IndexJson(index));
  }
  return Json{{"id", collection.id},
              {"name", collection.name},
              {"database", collection.db_name},
              {"description", collection.description},
              {"shards", collection.shards},
              {"consistency", collection.consistency},
              {"fields", std::move(fields)},
              {"partitions", std::move(partitions)},
              {"aliases", collection.aliases},
              {"indexes", std::move(indexes)},
              {"load",
               Json{{"state", NameOf(collection.load.state)},
                    {"partitions", collection.load.partitions},
                    {"replica_number", collection.load.replica_number}}},
              {"rows", collection.rows}};
}

std::string CollectionText(const CollectionView& collection) {
  const std::string database = collection.db_name.empty() ? "" : collection.db_name + ".";
  std::string text = fmt::format(
      "{}{} (id {}): {} rows\n", database, collection.name, collection.id, collection.rows);
  for (const FieldView& field : collection.fields) {
    const std::string params = ParamsText(field.params);
    text += fmt::format("  field {} {}{}{}\n",
                        field.name,
                        field.type,
                        field.primary_key ? " primary key" : "",
                        params.empty() ? "" : " (" + params + ")");
  }
  for (const PartitionView& partition : collection.partitions) {
    text += fmt::format("  partition {}: {} rows\n", partition.name, partition.rows);
  }
  for (const std::string& alias : collection.aliases) {
    text += fmt::format("  alias {}\n", alias);
  }
  for (const IndexView& index : collection.indexes) {
    text += fmt::format(
        "  index {} on {} ({})\n", index.name, index.field_name, ParamsText(index.params));
  }
  text += fmt::format("  {}", NameOf(collection.load.state));
  if (collection.load.state != LoadState::kReleased) {
    text += fmt::format(": partitions {}, replicas {}",
                        fmt::join(collection.load.partitions, ", "),
                        collection.load.replica_number);
  }
  return text + "\n";
}

// Everything that is compared, by path.
using Flat = std::map<std::string, std::string>;

void Flatten(const CollectionView& collection, Flat& flat) {
  const bool qualified = !collection.db_name.empty() && collection.db_name != "default";
  const std::string path =
      fmt::format("collections/{}{}/", qualified ? collection.db_name + "." : "", collection.name);
  flat[path + "database"] = collection.db_name;
  flat[path + "description"] = collection.description;
  flat[path + "shards"] = std::to_string(collection.shards);
  flat[path + "consistency"] = collection.consistency;
  flat[path + "rows"] = std::to_string(collection.rows);
  for (const FieldView& field : collection.fields) {
    flat[fmt::format("{}fields/{}", path, field.name)] =
        fmt::format("{} {}{} {}",
                    field.id,
                    field.type,
                    field.primary_key ? " primary key" : "",
                    ParamsText(field.params));
  }
  for (const PartitionView& partition : collection.partitions) {
    flat[fmt::format("{}partitions/{}", path, partition.name)] =
        fmt::format("{} rows", partition.rows);
  }
  for (const std::string& alias : collection.aliases) {
    flat[path + "aliases/" + alias] = "present";
  }
  for (const IndexView& index : collection.indexes) {
    const std::string below = fmt::format("{}indexes/{}/", path, index.field_id);
    flat[below + "name"] = index.name;
    flat[below + "field"] = index.field_name;
    flat[below + "segments"] = std::to_string(index.segments);
    for (const auto& [key, value] : index.params) {
      flat[below + "params/" + key] = value;
    }
  }
  flat[path + "load/state"] = NameOf(collection.load.state);
  flat[path + "load/partitions"] = fmt::format("{}", fmt::join(collection.load.partitions, ", "));
  flat[path + "load/replica_number"] = std::to_string(collection.load.replica_number);
}

Flat FlattenView(const MetaView& view) {
  Flat flat;
  for (const CollectionView& collection : view.collections) {
    Flatten(collection, flat);
  }
  return flat;
}

}  // namespace

Json ToJson(const MetaView& view) {
  Json collections = Json::array();
  for (const CollectionView& collection : view.collections) {
    collections.push_back(CollectionJson(collection));
  }
  return Json{{"server", view.server.ToString()},
              {"collections", std::move(collections)},
              {"silent_losses", view.silent_losses}};
}

std::string ToText(const MetaView& view) {
  std::string text = fmt::format(
      "As Milvus {} shows it: {} collections\n", view.server.ToString(), view.collections.size());
  for (const CollectionView& collection : view.collections) {
    text += CollectionText(collection);
  }
  for (const std::string& loss : view.silent_losses) {
    text += "silent loss: " + loss + "\n";
  }
  return text;
}

std::vector<ViewDifference> DiffViews(const MetaView& before, const MetaView& after) {
  const Flat a = FlattenView(before);
  const Flat b = FlattenView(after);
  std::set<std::string> paths;
  for (const Flat* flat : {&a, &b}) {
    for (const auto& [path, value] : *flat) {
      paths.insert(path);
    }
  }
  const auto value_at = [](const Flat& flat, const std::string& path) {
    const auto found = flat.find(path);
    return found != flat.end() ? found->second : std::string("absent");
  };
  std::vector<ViewDifference> differences;
  for (const std::string& path : paths) {
    ViewDifference difference{path, value_at(a, path), value_at(b, path)};
    if (difference.before != difference.after) {
      differences.push_back(std::move(difference));
    }
  }
  return differences;
}

}  // namespace rehearse::milvus
