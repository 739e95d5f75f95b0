// Fills the gaps of a situation with what the user assumes (situation.h).
#include <algorithm>
#include <array>

#include "model/cluster/situation.h"

namespace rehearse::cluster {
namespace {

using AssumptionPair = std::pair<const std::string, std::string>;
using Apply = Status (*)(Situation&, const AssumptionPair&);

bool CloseGap(Situation& situation, const std::string& key) {
  const auto removed =
      std::erase_if(situation.gaps, [&](const Gap& gap) { return gap.assume_key == key; });
  return removed > 0;
}

void Note(Situation& situation, const AssumptionPair& assumption, std::string why) {
  std::erase_if(situation.assumptions,
                [&](const Assumption& other) { return other.key == assumption.first; });
  situation.assumptions.push_back(Assumption{assumption.first, assumption.second, std::move(why)});
}

Status AssumeVersion(Situation& situation, const AssumptionPair& assumption, std::string& version) {
  TRY_ASSIGN(const std::string text,
             ParseToolVersion(assumption.second, "the assumption " + assumption.first));
  CloseGap(situation, assumption.first);
  if (text != version) {
    Note(situation,
         assumption,
         version.empty() ? "not captured" : "in place of " + version + ", which was captured");
  }
  version = text;
  return {};
}

Status AssumeKubernetes(Situation& situation, const AssumptionPair& assumption) {
  return AssumeVersion(situation, assumption, situation.kubernetes_version);
}

Status AssumeHelm(Situation& situation, const AssumptionPair& assumption) {
  return AssumeVersion(situation, assumption, situation.helm_version);
}

Status AssumeStorageClass(Situation& situation, const AssumptionPair& assumption) {
  const bool was_gap = CloseGap(situation, assumption.first);
  Note(situation, assumption, was_gap ? "not captured" : "in place of the cluster's default");
  return {};
}

// A gap that only one value can fill.
Status AssumeOnly(Situation& situation, const AssumptionPair& assumption, std::string_view value) {
  if (assumption.second != value) {
    return BadInput("the assumption " + assumption.first + "=" + assumption.second + ": only " +
                    assumption.first + "=" + std::string(value) + " is known");
  }
  if (!CloseGap(situation, assumption.first)) {
    return BadInput("the assumption " + assumption.first + "=" + assumption.second +
                    " contradicts the capture, which shows it");
  }
  Note(situation, assumption, "not captured");
  return {};
}

Status AssumeEtcd(Situation& situation, const AssumptionPair& assumption) {
  return AssumeOnly(situation, assumption, "empty");
}

Status AssumeSessions(Situation& situation, const AssumptionPair& assumption) {
  return AssumeOnly(situation, assumption, "none");
}

Status CheckSame(const AssumptionPair& assumption, const std::string& captured) {
  if (assumption.second == captured) {
    return {};
  }
  return BadInput("the assumption " + assumption.first + "=" + assumption.second +
                  " contradicts the capture, which is of " + captured);
}

Status AssumeRelease(Situation& situation, const AssumptionPair& assumption) {
  return CheckSame(assumption, situation.release);
}

Status AssumeNamespace(Situation& situation, const AssumptionPair& assumption) {
  return CheckSame(assumption, situation.ns);
}

struct Row {
  std::string_view key;
  Apply apply;
};
constexpr std::array<Row, 7> kRows = {{{"etcd", AssumeEtcd},
                                       {"helm", AssumeHelm},
                                       {"kubernetes", AssumeKubernetes},
                                       {"namespace", AssumeNamespace},
                                       {"release", AssumeRelease},
                                       {"sessions", AssumeSessions},
                                       {"storage-class", AssumeStorageClass}}};

}  // namespace

Result<std::string> ParseToolVersion(std::string_view text, std::string_view where) {
  const std::string_view bare = text.starts_with('v') ? text.substr(1) : text;
  const std::size_t dot = bare.find_first_not_of("0123456789");
  const bool has_minor = dot != std::string_view::npos && dot > 0 && bare[dot] == '.' &&
                         dot + 1 < bare.size() && bare[dot + 1] >= '0' && bare[dot + 1] <= '9';
  if (!has_minor) {
    return BadInput(std::string(where) + ": \"" + std::string(text) + "\" is no version");
  }
  return std::string(bare);
}

Status ApplyAssumptions(Situation& situation, const std::map<std::string, std::string>& assume) {
  for (const AssumptionPair& assumption : assume) {
    const auto row = std::ranges::find(kRows, assumption.first, &Row::key);
    if (row == kRows.end()) {
      std::string known;
      for (const Row& each : kRows) {
        known += (known.empty() ? "" : ", ") + std::string(each.key);
      }
      return BadInput("nothing named " + assumption.first +
                      " can be assumed; known names: " + known);
    }
    if (assumption.second.empty()) {
      return BadInput("the assumption " + assumption.first + " has no value");
    }
    TRY(row->apply(situation, assumption));
  }
  return {};
}

}  // namespace rehearse::cluster
