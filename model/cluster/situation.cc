#include "model/cluster/situation.h"

#include "model/core/bytes.h"
#include "model/helm/codec.h"
#include "model/kube/codec.h"

namespace rehearse::cluster {
namespace {

constexpr const char* kSchema = "rehearse/situation/v1";

// Keys and values of etcd are bytes: text where JSON can hold it, base64 where it cannot.
bool IsPlainText(std::string_view bytes) {
  for (const char c : bytes) {
    if (c < ' ' || c > '~') {
      return false;
    }
  }
  return true;
}

Json KeyValueJson(const etcd::KeyValue& kv) {
  Json json = {{"value", EncodeBase64(kv.value)},
               {"create_revision", kv.create_revision},
               {"mod_revision", kv.mod_revision},
               {"version", kv.version}};
  if (IsPlainText(kv.key)) {
    json["key"] = kv.key;
  } else {
    json["key_base64"] = EncodeBase64(kv.key);
  }
  if (kv.lease != 0) {
    json["lease"] = kv.lease;
  }
  return json;
}

// Where the reader is: the document's name and the place in it.
struct Place {
  std::string where;

  [[nodiscard]] Place Member(std::string_view name) const {
    return Place{where + ": " + std::string(name)};
  }
  [[nodiscard]] Place Item(std::size_t index) const {
    return Place{where + "[" + std::to_string(index) + "]"};
  }
};

Result<std::string> TextOf(const Json& json, std::string_view name, const Place& place) {
  const Json* at = At(json, {name});
  if (at == nullptr || !at->is_string()) {
    return BadInput(place.Member(name).where + ": a text is expected");
  }
  return at->get<std::string>();
}

Result<std::int64_t> NumberOf(const Json& json, std::string_view name, const Place& place) {
  const Json* at = At(json, {name});
  if (at == nullptr || !at->is_number_integer()) {
    return BadInput(place.Member(name).where + ": a whole number is expected");
  }
  return at->get<std::int64_t>();
}

Result<const Json*> ListOf(const Json& json, std::string_view name, const Place& place) {
  const Json* at = At(json, {name});
  if (at == nullptr || !at->is_array()) {
    return BadInput(place.Member(name).where + ": a list is expected");
  }
  return at;
}

Result<std::string> KeyOf(const Json& json, const Place& place) {
  if (At(json, {"key_base64"}) == nullptr) {
    return TextOf(json, "key", place);
  }
  TRY_ASSIGN(const std::string text, TextOf(json, "key_base64", place));
  return DecodeBase64(text, place.Member("key_base64").where);
}

Result<etcd::KeyValue> KeyValueFrom(const Json& json, const Place& place) {
  etcd::KeyValue kv;
  TRY_ASSIGN(kv.key, KeyOf(json, place));
  TRY_ASSIGN(const std::string value, TextOf(json, "value", place));
  TRY_ASSIGN(kv.value, DecodeBase64(value, place.Member("value").where));
  TRY_ASSIGN(kv.create_revision, NumberOf(json, "create_revision", place));
  TRY_ASSIGN(kv.mod_revision, NumberOf(json, "mod_revision", place));
  TRY_ASSIGN(kv.version, NumberOf(json, "version", place));
  kv.lease = IntAt(json, {"lease"}, 0);
  return kv;
}

Result<etcd::Dump> EtcdFrom(const Json& json, const Place& place) {
  etcd::Dump dump;
  TRY_ASSIGN(dump.revision, NumberOf(json, "revision", place));
  TRY_ASSIGN(const Json* kvs, ListOf(json, "kvs", place));
  for (std::size_t i = 0; i < kvs->size(); ++i) {
    const Place at = place.Member("kvs").Item(i);
    TRY_ASSIGN(etcd::KeyValue kv, KeyValueFrom((*kvs)[i], at));
    if (!dump.kvs.empty() && dump.kvs.back().key >= kv.key) {
      return BadInput(at.where + ": the keys are not in order");
    }
    dump.kvs.push_back(std::move(kv));
  }
  return dump;
}

Status ObjectsFrom(const Json& json, const Place& place, Situation& situation) {
  TRY_ASSIGN(const Json* objects, ListOf(json, "objects", place));
  for (std::size_t i = 0; i < objects->size(); ++i) {
    const Place at = place.Member("objects").Item(i);
    TRY_ASSIGN(kube::Object object, kube::FromJson((*objects)[i], at.where));
    const std::string key = object.ref.Key();
    situation.objects = situation.objects.Set(key, std::move(object));
  }
  return {};
}

Status ReleasesFrom(const Json& json, const Place& place, Situation& situation) {
  TRY_ASSIGN(const Json* releases, ListOf(json, "releases", place));
  for (std::size_t i = 0; i < releases->size(); ++i) {
    const Place at = place.Member("releases").Item(i);
    if (!helm::IsReleaseSecret((*releases)[i])) {
      return BadInput(at.where + ": no release record of helm");
    }
    TRY_ASSIGN(helm::ReleaseRecord record, helm::DecodeReleaseSecret((*releases)[i], at.where));
    situation.releases.push_back(std::move(record));
  }
  if (situation.releases.empty()) {
    return BadInput(place.Member("releases").where + ": there is none");
  }
  return {};
}

Status BackupsFrom(const Json& json, const Place& place, Situation& situation) {
  const Json* files = At(json, {"backup_files"});
  if (files == nullptr || !files->is_object()) {
    return BadInput(place.Member("backup_files").where + ": an object is expected");
  }
  const Place at = place.Member("backup_files");
  for (const auto& [name, bytes] : files->items()) {
    TRY_ASSIGN(const std::string text, TextOf(*files, name, at));
    TRY_ASSIGN(situation.backup_files[name], DecodeBase64(text, at.Member(name).where));
  }
  return {};
}

Status GapsFrom(const Json& json, const Place& place, Situation& situation) {
  TRY_ASSIGN(const Json* gaps, ListOf(json, "gaps", place));
  for (std::size_t i = 0; i < gaps->size(); ++i) {
    const Place at = place.Member("gaps").Item(i);
    Gap gap;
    TRY_ASSIGN(gap.what, TextOf((*gaps)[i], "what", at));
    TRY_ASSIGN(gap.consequence, TextOf((*gaps)[i], "consequence", at));
    TRY_ASSIGN(gap.assume_key, TextOf((*gaps)[i], "assume_key", at));
    situation.gaps.push_back(std::move(gap));
  }
  TRY_ASSIGN(const Json* assumptions, ListOf(json, "assumptions", place));
  for (std::size_t i = 0; i < assumptions->size(); ++i) {
    const Place at = place.Member("assumptions").Item(i);
    Assumption assumption;
    TRY_ASSIGN(assumption.key, TextOf((*assumptions)[i], "key", at));
    TRY_ASSIGN(assumption.value, TextOf((*assumptions)[i], "value", at));
    TRY_ASSIGN(assumption.why, TextOf((*assumptions)[i], "why", at));
    situation.assumptions.push_back(std::move(assumption));
  }
  return {};
}

}  // namespace

Json ToJson(const Situation& situation) {
  Json json = {{"schema", kSchema},
               {"release", situation.release},
               {"namespace", situation.ns},
               {"kubernetes_version", situation.kubernetes_version},
               {"helm_version", situation.helm_version},
               {"objects", Json::array()},
               {"releases", Json::array()},
               {"etcd", {{"revision", situation.etcd.revision}, {"kvs", Json::array()}}},
               {"backup_files", Json::object()},
               {"gaps", Json::array()},
               {"assumptions", Json::array()}};
  situation.objects.ForEach(
      [&](const std::string&, const auto& object) { json["objects"].push_back(ToJson(*object)); });
  for (const helm::ReleaseRecord& record : situation.releases) {
    json["releases"].push_back(helm::EncodeReleaseSecret(record));
  }
  for (const etcd::KeyValue& kv : situation.etcd.kvs) {
    json["etcd"]["kvs"].push_back(KeyValueJson(kv));
  }
  for (const auto& [name, bytes] : situation.backup_files) {
    json["backup_files"][name] = EncodeBase64(bytes);
  }
  for (const Gap& gap : situation.gaps) {
    json["gaps"].push_back(
        {{"what", gap.what}, {"consequence", gap.consequence}, {"assume_key", gap.assume_key}});
  }
  for (const Assumption& assumption : situation.assumptions) {
    json["assumptions"].push_back(
        {{"key", assumption.key}, {"value", assumption.value}, {"why", assumption.why}});
  }
  return json;
}

Result<Situation> SituationFromJson(const Json& json, std::string_view where) {
  const Place place{std::string(where)};
  if (StringAt(json, {"schema"}) != kSchema) {
    return BadInput(place.Member("schema").where + ": " + kSchema + " is expected");
  }
  Situation situation;
  TRY_ASSIGN(situation.release, TextOf(json, "release", place));
  TRY_ASSIGN(situation.ns, TextOf(json, "namespace", place));
  TRY_ASSIGN(situation.kubernetes_version, TextOf(json, "kubernetes_version", place));
  TRY_ASSIGN(situation.helm_version, TextOf(json, "helm_version", place));
  TRY(ObjectsFrom(json, place, situation));
  TRY(ReleasesFrom(json, place, situation));
  const Json* etcd = At(json, {"etcd"});
  if (etcd == nullptr) {
    return BadInput(place.Member("etcd").where + ": it is missing");
  }
  TRY_ASSIGN(situation.etcd, EtcdFrom(*etcd, place.Member("etcd")));
  TRY(BackupsFrom(json, place, situation));
  TRY(GapsFrom(json, place, situation));
  return situation;
}

}  // namespace rehearse::cluster
