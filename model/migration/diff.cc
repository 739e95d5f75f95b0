#include "model/migration/diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "model/core/bytes.h"
#include "model/milvus/codec.h"
#include "model/milvus/families.h"

namespace rehearse::migration {
namespace {

using milvus::Family;

constexpr std::uint64_t kStartsMax = 16;                     // Law::kDiffSessionId
constexpr std::uint64_t kOracleStepNs = 86'400'000'000'000;  // Law::kDiffOracle
constexpr std::size_t kOracleBytes = 8;                      // Law::kDiffOracle

std::string Shown(const Json& value) {
  return value.is_string() ? value.get<std::string>() : Dump(value);
}

void CollectFields(const Json& a,
                   const Json& b,
                   const std::string& path,
                   std::vector<KeyDifference>& out) {
  if (a == b) {
    return;
  }
  if (a.is_object() && b.is_object()) {
    Json names = a;
    names.update(b);
    for (const auto& [name, unused] : names.items()) {
      const Json* in_a = At(a, {name});
      const Json* in_b = At(b, {name});
      const std::string below = path.empty() ? name : path + "." + name;
      CollectFields(in_a ? *in_a : Json(), in_b ? *in_b : Json(), below, out);
    }
    return;
  }
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      CollectFields(a[i], b[i], fmt::format("{}[{}]", path, i), out);
    }
    return;
  }
  out.push_back(KeyDifference{"", "", path.empty() ? "value" : path, Shown(a), Shown(b)});
}

std::optional<std::int64_t> OracleTime(const std::string& value) {
  if (value.size() != kOracleBytes) {
    return std::nullopt;
  }
  std::uint64_t time = 0;
  for (const char byte : value) {
    time = (time << 8U) | static_cast<unsigned char>(byte);
  }
  return static_cast<std::int64_t>(time);
}

// Without overflow, whatever stands in the two.
std::uint64_t Apart(std::int64_t a, std::int64_t b) {
  const auto in_a = static_cast<std::uint64_t>(a);
  const auto in_b = static_cast<std::uint64_t>(b);
  return a > b ? in_a - in_b : in_b - in_a;
}

// One of the two states, with what the rules look up in it.
class Side {
 public:
  Side(const etcd::Keys& keys, const std::string& root_path)
      : keys_(keys), meta_(milvus::MetaRoot(root_path) + "/") {}

  // The highest id that a session in this state holds.
  [[nodiscard]] std::int64_t HighestSessionId() const {
    std::int64_t highest = 0;
    keys_.ForPrefix(meta_ + "session/", [&](const std::string& key, const auto& entry) {
      const Result<Json> json = ParseJson(entry->value, key);
      if (json && json->is_object()) {
        highest = std::max(highest, IntAt(*json, {"ServerID"}));
      }
    });
    return highest;
  }

  // May the tool have left a record of this index at segment-index/<c>/<p>/<s>/0? The index must be
  // defined, its record must be as the tool makes it, and the index must have no other record
  // there.
  [[nodiscard]] bool MayCollide(const milvus::ClassifiedKey& at, const Json& record) const {
    const std::int64_t index_id = IntAt(record, {"index_id"});
    const std::string definition_key =
        fmt::format("{}field-index/{}/{}", meta_, at.parts[0], index_id);
    const etcd::Entry* definition = keys_.Find(definition_key);
    if (definition == nullptr) {
      return false;
    }
    const Result<Json> index =
        milvus::DecodeToJson(Family::kIndex, definition->value, definition_key);
    const std::int64_t created = IntAt(record, {"create_time"});
    if (!index || (created != 0 && created != IntAt(*index, {"create_time"}))) {
      return false;
    }
    bool elsewhere = false;
    const std::string segment =
        fmt::format("{}segment-index/{}/{}/{}/", meta_, at.parts[0], at.parts[1], at.parts[2]);
    keys_.ForPrefix(segment, [&](const std::string& key, const auto& entry) {
      const Result<Json> other = milvus::DecodeToJson(Family::kSegmentIndex, entry->value, key);
      elsewhere =
          elsewhere || (other && !key.ends_with("/0") && IntAt(*other, {"index_id"}) == index_id);
    });
    return !elsewhere;
  }

 private:
  const etcd::Keys& keys_;
  std::string meta_;
};

class Differ {
 public:
  Differ(const etcd::Keys& a, const etcd::Keys& b, const MetaDiffOptions& options)
      : keys_a_(a),
        keys_b_(b),
        root_path_(options.root_path),
        a_(a, root_path_),
        b_(b, root_path_) {}

  MetaDiff Diff() {
    keys_a_.ForEach([&](const std::string& key, const auto& entry) {
      Compare(key, entry.get(), keys_b_.Find(key));
    });
    keys_b_.ForEach([&](const std::string& key, const auto& entry) {
      if (keys_a_.Find(key) == nullptr) {
        Compare(key, nullptr, entry.get());
      }
    });
    if (leased_ > 0) {
      out_.notes.push_back(fmt::format("{} keys held by leases are left out", leased_));
    }
    std::stable_sort(out_.differences.begin(),
                     out_.differences.end(),
                     [](const auto& x, const auto& y) { return x.key < y.key; });
    return std::move(out_);
  }

 private:
  void Compare(const std::string& key, const etcd::Entry* a, const etcd::Entry* b) {
    if ((a != nullptr && a->lease != 0) || (b != nullptr && b->lease != 0)) {
      ++leased_;
      out_.laws.Add(Law::kDiffLeasedKeys);
      return;
    }
    const milvus::ClassifiedKey classified = milvus::Classify(key, root_path_);
    const std::string family(milvus::RowOf(classified.family).name);
    if (a == nullptr || b == nullptr) {
      out_.differences.push_back(KeyDifference{family,
                                               key,
                                               "",
                                               a != nullptr ? "present" : "absent",
                                               b != nullptr ? "present" : "absent"});
      return;
    }
    if (a->value == b->value) {
      return;
    }
    if (classified.family == Family::kServerIdCounter) {
      return CompareCounter(key, a->value, b->value);
    }
    if (classified.family == Family::kOracle) {
      return CompareOracle(key, a->value, b->value);
    }
    return CompareValues(key, classified, a->value, b->value);
  }

  void CompareCounter(const std::string& key, const std::string& a, const std::string& b) {
    const auto in_a = milvus::ParseId(a);
    const auto in_b = milvus::ParseId(b);
    const bool lawful = in_a && in_b && *in_a > a_.HighestSessionId() &&
                        *in_b > b_.HighestSessionId() && Apart(*in_a, *in_b) <= kStartsMax;
    if (!lawful) {
      out_.differences.push_back(KeyDifference{"server id counter", key, "value", a, b});
      return;
    }
    out_.laws.Add(Law::kDiffSessionId);
    out_.notes.push_back(
        fmt::format("{}: {} and {}: {} starts apart", key, a, b, Apart(*in_a, *in_b)));
  }

  void CompareOracle(const std::string& key, const std::string& a, const std::string& b) {
    const auto in_a = OracleTime(a);
    const auto in_b = OracleTime(b);
    if (!in_a || !in_b || Apart(*in_a, *in_b) >= kOracleStepNs) {
      out_.differences.push_back(
          KeyDifference{"oracle", key, "value", EncodeBase64(a), EncodeBase64(b)});
      return;
    }
    out_.laws.Add(Law::kDiffOracle);
    out_.notes.push_back(fmt::format("{}: {} ms apart", key, Apart(*in_a, *in_b) / 1'000'000));
  }

  // A value that is not what its family holds is compared as bytes.
  static Json ShownValue(milvus::Family family, const std::string& value, const std::string& key) {
    return milvus::DecodeToJson(family, value, key).value_or("base64:" + EncodeBase64(value));
  }

  void CompareValues(const std::string& key,
                     const milvus::ClassifiedKey& classified,
                     const std::string& a,
                     const std::string& b) {
    const Json in_a = ShownValue(classified.family, a, key);
    const Json in_b = ShownValue(classified.family, b, key);
    if (in_a == in_b) {
      return;
    }
    if (CollidesLawfully(classified, in_a, in_b)) {
      out_.laws.Add(Law::kToolCollidingSegmentIndex);
      out_.notes.push_back(fmt::format("{}: index {} and {}: colliding records, any one may stay",
                                       key,
                                       IntAt(in_a, {"index_id"}),
                                       IntAt(in_b, {"index_id"})));
      return;
    }
    std::vector<KeyDifference> fields;
    CollectFields(in_a, in_b, "", fields);
    for (KeyDifference& field : fields) {
      field.family = std::string(milvus::RowOf(classified.family).name);
      field.key = key;
      out_.differences.push_back(std::move(field));
    }
  }

  bool CollidesLawfully(const milvus::ClassifiedKey& at, const Json& a, const Json& b) const {
    if (at.family != Family::kSegmentIndex || at.parts.size() != 4 || at.parts[3] != "0" ||
        !a.is_object() || !b.is_object() || IntAt(a, {"index_id"}) == IntAt(b, {"index_id"})) {
      return false;
    }
    Json rest_a = a;
    Json rest_b = b;
    for (const char* free : {"index_id", "create_time"}) {
      rest_a.erase(free);
      rest_b.erase(free);
    }
    return rest_a == rest_b && a_.MayCollide(at, a) && a_.MayCollide(at, b) &&
           b_.MayCollide(at, a) && b_.MayCollide(at, b);
  }

  const etcd::Keys& keys_a_;
  const etcd::Keys& keys_b_;
  std::string root_path_;
  Side a_;
  Side b_;
  MetaDiff out_;
  std::int64_t leased_ = 0;
};

}  // namespace

MetaDiff DiffMeta(const etcd::Keys& a, const etcd::Keys& b, const MetaDiffOptions& options) {
  return Differ(a, b, options).Diff();
}

std::string ToText(const MetaDiff& diff) {
  std::string text;
  for (const KeyDifference& difference : diff.differences) {
    text += fmt::format("{}: {}", difference.family, difference.key);
    text += difference.field.empty() ? "" : ": " + difference.field;
    text += fmt::format(": {} | {}\n", difference.before, difference.after);
  }
  for (const std::string& note : diff.notes) {
    text += "allowed: " + note + "\n";
  }
  text += diff.differences.empty() ? "no difference\n"
                                   : fmt::format("{} differences\n", diff.differences.size());
  return text;
}

Json ToJson(const MetaDiff& diff) {
  Json differences = Json::array();
  for (const KeyDifference& difference : diff.differences) {
    differences.push_back(Json{{"family", difference.family},
                               {"key", difference.key},
                               {"field", difference.field},
                               {"before", difference.before},
                               {"after", difference.after}});
  }
  return Json{{"differences", std::move(differences)}, {"allowed", diff.notes}};
}

}  // namespace rehearse::migration
