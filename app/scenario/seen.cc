#include "app/scenario/seen.h"

#include <algorithm>

#include "model/core/check.h"

namespace rehearse::app {

const std::vector<std::string>& SometimesProperties() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < sim::kMomentCount; ++i) {
      all.emplace_back(sim::NameOf(static_cast<sim::Moment>(i)));
    }
    for (const char* name : {kFaultTookEffect, kTargetReached, kStoppedWithAccount}) {
      all.emplace_back(name);
    }
    return all;
  }();
  return names;
}

void Seen::Add(const std::string& name) {
  const auto& all = SometimesProperties();
  const auto at = std::ranges::find(all, name);
  CHECK(at != all.end());
  bits_.set(static_cast<std::size_t>(at - all.begin()));
}

void Seen::Add(const sim::Moments& moments) {
  for (std::size_t i = 0; i < sim::kMomentCount; ++i) {
    if (moments.Has(static_cast<sim::Moment>(i))) {
      bits_.set(i);
    }
  }
}

void Seen::Add(const Stand& stand) {
  Add(stand.cluster->seen());
  for (const StepEnd& end : stand.ends) {
    if (end.struck) {
      Add(kFaultTookEffect);
    }
    if (end.kind == EndKind::kReached && !end.target.empty()) {
      Add(kTargetReached);
    } else if (end.kind == EndKind::kStopped && !end.account.empty()) {
      Add(kStoppedWithAccount);
    }
  }
}

std::vector<std::string> Seen::Names() const {
  std::vector<std::string> names;
  const auto& all = SometimesProperties();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (bits_.test(i)) {
      names.push_back(all[i]);
    }
  }
  return names;
}

std::vector<sim::Sometimes> MomentsAsked() {
  std::vector<sim::Sometimes> asked;
  for (std::size_t i = 0; i < sim::kMomentCount; ++i) {
    const auto moment = static_cast<sim::Moment>(i);
    asked.push_back({std::string(sim::NameOf(moment)), [moment](const sim::Session& session) {
                       return session.cluster().seen().Has(moment);
                     }});
  }
  return asked;
}

}  // namespace rehearse::app
