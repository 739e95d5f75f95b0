#include "model/helm/machine_parts.h"

#include <algorithm>

namespace rehearse::helm {
namespace {

std::string GroupOf(const std::string& api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string::npos ? "" : api_version.substr(0, slash);
}

std::string KeyOf(const ObjectRef& ref) {
  return ref.kind + "\n" + ref.name + "\n" + ref.ns + "\n" + GroupOf(ref.api_version);
}

}  // namespace

ObjectIndex::ObjectIndex(const Objects& objects, const std::string& ns) {
  for (const JsonPtr& object : objects) {
    objects_.emplace(KeyOf(RefOf(*object, ns)), object);  // the first of equal ones
  }
}

JsonPtr ObjectIndex::Find(const ObjectRef& ref) const {
  const auto at = objects_.find(KeyOf(ref));
  return at == objects_.end() ? nullptr : at->second;
}

const ReleaseRecord* Last(const Records& records) {
  const auto last = std::max_element(
      records.begin(), records.end(), [](const ReleaseRecord& a, const ReleaseRecord& b) {
        return a.revision < b.revision;
      });
  return last == records.end() ? nullptr : &*last;
}

const ReleaseRecord* LastWith(const Records& records, std::initializer_list<ReleaseStatus> any) {
  const ReleaseRecord* best = nullptr;
  for (const ReleaseRecord& record : records) {
    if (std::find(any.begin(), any.end(), record.status) != any.end() &&
        (best == nullptr || record.revision > best->revision)) {
      best = &record;
    }
  }
  return best;
}

const ReleaseRecord* WithRevision(const Records& records, std::int64_t revision) {
  for (const ReleaseRecord& record : records) {
    if (record.revision == revision) {
      return &record;
    }
  }
  return nullptr;
}

std::vector<std::int64_t> ToPrune(Records records, int history_max) {
  std::vector<std::int64_t> prune;
  if (history_max <= 0) {
    return prune;
  }
  const auto room = static_cast<std::size_t>(history_max - 1);
  const ReleaseRecord* deployed = LastWith(records, {ReleaseStatus::kDeployed});
  const std::int64_t kept = deployed == nullptr ? 0 : deployed->revision;
  std::sort(records.begin(), records.end(), [](const ReleaseRecord& a, const ReleaseRecord& b) {
    return a.revision < b.revision;
  });
  for (const ReleaseRecord& record : records) {
    if (records.size() - prune.size() <= room) {
      break;
    }
    if (record.revision != kept) {
      prune.push_back(record.revision);
    }
  }
  return prune;
}

}  // namespace rehearse::helm
