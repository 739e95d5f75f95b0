// model/helm/machine_parts.h: what helm's step machine is made of beside its transitions: shared
// values, objects by name, and which revision helm means.
//
// Shape:  values; pointers into the records that were given.
// Errors: none; nullptr where there is no such record or object.
// Source: HELM-30 .. HELM-49.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/helm/types.h"

namespace rehearse::helm {

using Records = std::vector<ReleaseRecord>;
using Refs = std::vector<ObjectRef>;

// A value that copies share until one of them is edited.
template <typename T>
class Shared {
 public:
  Shared() : value_(std::make_shared<const T>()) {}
  explicit Shared(T value) : value_(std::make_shared<const T>(std::move(value))) {}
  Shared& operator=(T value) {
    value_ = std::make_shared<const T>(std::move(value));
    return *this;
  }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }
  [[nodiscard]] const std::shared_ptr<const T>& ptr() const { return value_; }
  template <typename Change>
  void Edit(Change&& change) {
    T next = *value_;
    change(next);
    value_ = std::make_shared<const T>(std::move(next));
  }

 private:
  std::shared_ptr<const T> value_;
};

// Objects by what makes them the same to helm: versions of one group do not count.
class ObjectIndex {
 public:
  ObjectIndex(const Objects& objects, const std::string& ns);
  [[nodiscard]] JsonPtr Find(const ObjectRef& ref) const;

 private:
  std::map<std::string, JsonPtr> objects_;
};

// The newest, the newest with any of these states, the one with this number.
const ReleaseRecord* Last(const Records& records);
const ReleaseRecord* LastWith(const Records& records, std::initializer_list<ReleaseStatus> any);
const ReleaseRecord* WithRevision(const Records& records, std::int64_t revision);

// Law::kHelmHistoryCap: which revisions go so that one more can be stored.
std::vector<std::int64_t> ToPrune(Records records, int history_max);

}  // namespace rehearse::helm
