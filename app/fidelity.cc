#include "app/fidelity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "app/commands.h"
#include "app/load.h"
#include "app/rehearsal.h"

namespace rehearse::app {
namespace {

constexpr const char* kDemoTarget = "2.2.16";

struct Options {
  int fail_under = 0;
};

// Laws that the named recording shows to be otherwise, and what rests on them.
struct Difference {
  Law law;
  const char* seen;
  const char* consequence;
};
constexpr std::array kDifferences = {
    Difference{Law::kScheduling,
               "the scheduler spreads six pods over two nodes",
               "which pods go with a lost node; no verdict of a cluster with one node rests on it"},
    Difference{Law::kApiLatency,
               "a kubectl call takes about 100 ms on two cores",
               "durations alone; no verdict rests on them"},
    Difference{Law::kToolStepTime,
               "the whole run of the sample takes 60 ms, less than 1 ms a request",
               "durations alone: the moments between two requests are the same"},
};

const Difference* DifferenceOf(Law law) {
  const auto* at = std::ranges::find(kDifferences, law, &Difference::law);
  return at == kDifferences.end() ? nullptr : at;
}

std::vector<std::string> RecordingsIn(std::string_view source) {
  constexpr std::string_view kFolder = "fixtures/";
  std::vector<std::string> files;
  for (std::size_t at = source.find(kFolder); at != std::string_view::npos;
       at = source.find(kFolder, at + 1)) {
    const std::size_t end = std::min(source.find_first_of(" ,;:)", at), source.size());
    std::string file(source.substr(at, end - at));
    if (std::ranges::find(files, file) == files.end()) {
      files.push_back(std::move(file));
    }
  }
  return files;
}

Result<LawSet> LawsOfDemo() {
  TRY_ASSIGN(const cluster::Situation situation, DemoSituation());
  TRY_ASSIGN(const charts::Catalog catalog, LoadCatalog());
  TRY_ASSIGN(auto planned, PlanFor(situation, catalog, kDemoTarget));
  if (!std::holds_alternative<result::Plan>(planned)) {
    return Fail(ErrorCode::kFailed, "the demo's plan is refused");
  }
  TRY_ASSIGN(const Rehearsal rehearsal,
             MakeRehearsal(situation, catalog, std::get<result::Plan>(std::move(planned))));
  TRY_ASSIGN(const RunOutput output, RunRehearsal(rehearsal, {}));
  return output.result.laws;
}

struct Share {
  std::int64_t agree = 0;
  std::int64_t differ = 0;
  std::int64_t all = 0;
  // With evidence of either kind.
  [[nodiscard]] std::int64_t Percent() const {
    return all == 0 ? 100 : (agree + differ) * 100 / all;
  }
};

Share ShareOf(const std::vector<FidelityRow>& rows, bool demo_only) {
  Share share;
  for (const FidelityRow& row : rows) {
    if (row.in_demo || !demo_only) {
      ++share.all;
      share.agree += row.verdict == Fidelity::kAgrees ? 1 : 0;
      share.differ += row.verdict == Fidelity::kDiffers ? 1 : 0;
    }
  }
  return share;
}

std::string SummaryOf(const std::vector<FidelityRow>& rows) {
  const Share all = ShareOf(rows, false);
  const Share demo = ShareOf(rows, true);
  return fmt::format(
      "{} of {} laws agree with a recording of real parts, {} differ, {} are not measured; of the "
      "{} laws that the demo rests on {} agree and {} differ ({} % with evidence)",
      all.agree,
      all.all,
      all.differ,
      all.all - all.agree - all.differ,
      demo.all,
      demo.agree,
      demo.differ,
      demo.Percent());
}

Result<int> DoFidelity(const Options& options, Terminal& terminal) {
  TRY_ASSIGN(const std::vector<FidelityRow> rows, FidelityRows());
  terminal.out << SummaryOf(rows) << "\n";
  for (const FidelityRow& row : rows) {
    if (row.in_demo && row.verdict != Fidelity::kAgrees) {
      terminal.out << "  " << row.law.id << " (" << NameOf(row.verdict) << ", "
                   << NameOf(row.law.basis) << ")  " << row.law.statement << "\n";
    }
  }
  return ShareOf(rows, true).Percent() < options.fail_under ? kViolated : kHolds;
}

}  // namespace

std::string_view NameOf(Fidelity verdict) {
  switch (verdict) {
    case Fidelity::kAgrees:
      return "agrees";
    case Fidelity::kDiffers:
      return "differs";
    case Fidelity::kNotMeasured:
      return "not measured";
  }
  return "";
}

Result<std::vector<FidelityRow>> FidelityRows() {
  TRY_ASSIGN(const LawSet demo, LawsOfDemo());
  std::vector<FidelityRow> rows;
  for (std::size_t i = 0; i < kLawCount; ++i) {
    const Law law = static_cast<Law>(i);
    FidelityRow row{TextOf(law), {}, Fidelity::kNotMeasured, demo.Has(law)};
    if (row.law.basis == Basis::kMeasured) {
      row.recordings = RecordingsIn(row.law.source);
      row.verdict = row.recordings.empty()         ? Fidelity::kNotMeasured
                    : DifferenceOf(law) == nullptr ? Fidelity::kAgrees
                                                   : Fidelity::kDiffers;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string FidelityMarkdown(const std::vector<FidelityRow>& rows) {
  std::string text =
      "# Fidelity\n\nWhich laws of the model were seen to hold on real parts. Written by\n"
      "`UPDATE_GOLDEN=1 ./test -L golden`; the laws themselves stand in docs/laws.md.\n\n"
      "- agrees: the named recordings of real parts show it, and tests hold the code to them\n"
      "- differs: they show it otherwise; what rests on it stands below the table\n"
      "- not measured: read in upstream source, or assumed; the basis says which\n"
      "- no evidence: what stand-ins, kwok or the simulator do\n\n" +
      SummaryOf(rows) + ".\n\n| law | verdict | basis | in the demo | evidence |\n" +
      "| --- | --- | --- | --- | --- |\n";
  for (const FidelityRow& row : rows) {
    std::string evidence;
    for (const std::string& file : row.recordings) {
      evidence += (evidence.empty() ? "" : ", ") + file;
    }
    text += fmt::format("| {} | {} | {} | {} | {} |\n",
                        row.law.id,
                        NameOf(row.verdict),
                        NameOf(row.law.basis),
                        row.in_demo ? "yes" : "",
                        evidence);
  }
  text += "\n## What differs\n\n| law | seen | consequence |\n| --- | --- | --- |\n";
  for (const Difference& each : kDifferences) {
    text += fmt::format("| {} | {} | {} |\n", TextOf(each.law).id, each.seen, each.consequence);
  }
  return text;
}

Command FidelityCommand() {
  return {
      .name = "fidelity",
      .summary = "how many laws of the model were seen to hold on real parts",
      .examples = {"rehearse fidelity", "rehearse fidelity --fail-under 80"},
      .add_flags = [](CLI::App& app) -> Run {
        const auto options = std::make_shared<Options>();
        app.add_option(
               "--fail-under",
               options->fail_under,
               "exit 1 where fewer of the laws that the demo rests on have evidence, in percent")
            ->check(CLI::Range(0, 100));
        return [options](Terminal& terminal) { return DoFidelity(*options, terminal); };
      }};
}

}  // namespace rehearse::app
