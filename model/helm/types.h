// model/helm/types.h: releases as helm stores them: one record per revision.
//
// Shape:      big parts are shared and immutable, so that a record is cheap to copy. A record that
// was
//             read keeps the stored text of its parts (member order, number forms and escapes are
//             helm's own), so that writing it back gives the same bytes.
// Units:      times are RFC 3339 texts in UTC, as helm writes them; *_unix in seconds since 1970.
// Not modelled: hooks are carried as stored and never run; sound because no Milvus chart renders
//             a hook by default.
// Source:     HELM-01, HELM-02.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/json.h"
#include "model/core/result.h"

namespace rehearse::helm {

// The nine words of helm.
enum class ReleaseStatus {
  kUnknown,
  kDeployed,
  kUninstalled,
  kSuperseded,
  kFailed,
  kUninstalling,
  kPendingInstall,
  kPendingUpgrade,
  kPendingRollback,
};

std::string_view NameOf(ReleaseStatus status);
Result<ReleaseStatus> ParseReleaseStatus(std::string_view text);
// pending-install, pending-upgrade, pending-rollback: these lock the release.
bool IsPending(ReleaseStatus status);

using JsonPtr = std::shared_ptr<const Json>;
using TextPtr = std::shared_ptr<const std::string>;
using Objects = std::vector<JsonPtr>;
using ObjectsPtr = std::shared_ptr<const Objects>;

inline JsonPtr Share(Json json) { return std::make_shared<const Json>(std::move(json)); }

// A JSON part of a record. `text` is what helm stored, or null for a part made here.
struct StoredJson {
  JsonPtr value;  // null: the part is absent
  TextPtr text;
};

struct ReleaseRecord {
  std::string name;
  std::string ns;
  std::int64_t revision = 0;
  ReleaseStatus status = ReleaseStatus::kUnknown;
  std::string description;
  std::string first_deployed;
  std::string last_deployed;
  std::string deleted;
  std::string notes;

  StoredJson chart;   // metadata, templates, values, files: as stored
  StoredJson config;  // the user's values; absent when there are none
  StoredJson hooks;
  TextPtr manifest;    // YAML; null for a record made here: ManifestText() writes it
  ObjectsPtr objects;  // the manifest parsed; null until ParseManifest()

  std::map<std::string, std::string> labels;  // the user's own, beside helm's
  std::int64_t created_at_unix = 0;           // label createdAt; 0: absent
  std::int64_t modified_at_unix = 0;          // label modifiedAt; 0: absent

  // Digest of chart, values and manifest, so that hashing a record costs nothing; 0: not computed.
  Fingerprint content_digest = 0;

  // How the stored JSON was written; empty for a record made here (helm's struct order is used).
  std::vector<std::string> order;             // of the members
  std::vector<std::string> info_order;        // of the members of info
  std::map<std::string, std::string> unread;  // raw text of members not held above ("info.x")
};

// chart.metadata.version and .appVersion; "" if absent.
std::string ChartVersion(const ReleaseRecord& record);
std::string AppVersion(const ReleaseRecord& record);
// "milvus-4.0.34", as helm list shows it.
std::string ChartLabel(const ReleaseRecord& record);
// The user's values; an empty object if there are none.
const Json& ConfigOf(const ReleaseRecord& record);

std::string ManifestText(const ReleaseRecord& record);
// The manifest's objects, parsed at most once: fills record.objects.
// Errors: kInvalidArgument naming the revision and the line.
Result<ObjectsPtr> ParseManifest(ReleaseRecord& record);

// Fills record.content_digest.
void SealContent(ReleaseRecord& record);
// Everything but times, storage labels and the description, which is for people.
Fingerprint DigestOf(const ReleaseRecord& record);

// Which object an effect is about. Namespace "" for kinds without one.
struct ObjectRef {
  std::string api_version;
  std::string kind;
  std::string ns;
  std::string name;
  friend auto operator<=>(const ObjectRef&, const ObjectRef&) = default;
};

// The ref of a manifest; `ns` where the manifest names none.
ObjectRef RefOf(const Json& object, std::string_view ns);
// Sorts as helm applies: by kind (Namespace ... APIService, unknown kinds last, by name of the
// kind); objects of one kind keep their order.
void SortForInstall(Objects& objects);

}  // namespace rehearse::helm
