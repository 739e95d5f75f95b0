#include "app/conform_search.h"

#include <algorithm>
#include <map>

#include "upgrade/executor.h"

namespace rehearse::app {
namespace {

using cluster::Call;

std::string EndText(std::string_view outcome) {
  return outcome.empty() ? "the record was cut off" : "the end: " + std::string(outcome);
}

// Free of what two worlds need not share: the exit code, and the digest of a metadata that Milvus
// may have changed since the capture.
Call Comparable(Call call) {
  call.exit_code.reset();
  if (!call.input || !call.input->is_array()) {
    return call;
  }
  for (Json& document : *call.input) {
    const auto metadata = document.find("metadata");
    if (metadata == document.end() || !metadata->contains("annotations")) {
      continue;
    }
    Json& annotations = (*metadata)["annotations"];
    annotations.erase(std::string(upgrade::kBaselineMark));
    if (annotations.empty()) {
      metadata->erase("annotations");
    }
  }
  return call;
}

// How far a run agrees with the record. A value: forks have their own.
struct Progress {
  std::size_t matched = 0;
  std::map<cluster::OperationId, std::size_t> running;  // -> index of the change
  std::string differs;                                  // what the run does instead; "": it agrees
  bool done = false;                                    // agreed to the end
};

class Matcher final : public sim::StepSink {
 public:
  Matcher(const RecordedRun& run, Progress& progress) : run_(run), progress_(progress) {}

  void Stepped(Instant /*began*/,
               const cluster::Step& step,
               const cluster::Input& answer,
               const sim::SimCluster& /*world*/) override {
    if (const auto* start = std::get_if<cluster::StartStep>(&step)) {
      OnStart(*start, answer);
    } else if (const auto* event = std::get_if<Result<cluster::Event>>(&answer)) {
      OnEvent(*event);
    } else if (const auto* finish = std::get_if<cluster::FinishStep>(&step)) {
      OnEnd(NameOf(finish->outcome.kind));
    }
  }

 private:
  void OnStart(const cluster::StartStep& start, const cluster::Input& answer) {
    const Call call = cluster::CallOf(cluster::CommandOf(start.action));
    if (progress_.matched == run_.changes.size()) {
      progress_.done = run_.outcome.empty();
      progress_.differs = progress_.done ? "" : cluster::TextOf(call);
      return;
    }
    if (!cluster::SameCall(Comparable(run_.changes[progress_.matched]), Comparable(call))) {
      progress_.differs = cluster::TextOf(call);
      return;
    }
    if (const auto* id = std::get_if<Result<cluster::OperationId>>(&answer); id && *id) {
      progress_.running[**id] = progress_.matched;
    }
    ++progress_.matched;
  }

  void OnEvent(const Result<cluster::Event>& event) {
    const auto* done = event ? std::get_if<cluster::OperationDone>(&*event) : nullptr;
    const auto at = done ? progress_.running.find(done->operation) : progress_.running.end();
    if (at == progress_.running.end()) {
      return;
    }
    const Call& recorded = run_.changes[at->second];
    const bool unknown = !done->result && done->result.error().code == ErrorCode::kOutcomeUnknown;
    const bool succeeded = done->result && done->result->exit_code == 0;
    if (recorded.exit_code && !unknown && succeeded != (*recorded.exit_code == 0)) {
      progress_.matched = std::min(progress_.matched, at->second);
      progress_.differs = cluster::TextOf(Comparable(recorded)) +
                          (succeeded ? " succeeds" : ": " + done->result.error().message);
    }
    progress_.running.erase(at);
  }

  void OnEnd(std::string_view outcome) {
    progress_.done = progress_.matched == run_.changes.size() &&
                     (run_.outcome.empty() || run_.outcome == outcome);
    progress_.differs = progress_.done ? "" : EndText(outcome);
  }

  const RecordedRun& run_;
  Progress& progress_;
};

class Search {
 public:
  Search(const RecordedRun& run, const ConformOptions& options) : run_(run), options_(options) {}

  bool Explore(sim::Session session, Progress progress, int faults_left) {
    struct Point {
      sim::Session before;
      Progress progress;
      std::vector<sim::Fault> faults;
    };
    std::vector<Point> points;
    while (!session.ended() && progress.differs.empty() && !progress.done) {
      if (++steps_ > options_.steps_max) {
        result_.bound_hit = true;
        return false;
      }
      if (faults_left > 0) {
        points.push_back({session, progress, FaultsAt(session, session.Peek(), {})});
      }
      const auto before = session.cluster().state().counters;
      Matcher matcher(run_, progress);
      session.Step(&matcher);
      if (faults_left > 0) {
        auto inside = FaultsInside(before, session.cluster().state().counters, {});
        std::ranges::move(inside, std::back_inserter(points.back().faults));
      }
    }
    if (progress.done) {
      return true;
    }
    Note(progress);
    for (auto point = points.rbegin(); point != points.rend() && !result_.bound_hit; ++point) {
      for (const sim::Fault& fault : point->faults) {
        sim::Session fork = point->before;
        fork.Inject(fault);
        result_.faults.push_back(fault);
        if (Explore(std::move(fork), point->progress, faults_left - 1)) {
          return true;
        }
        result_.faults.pop_back();
      }
    }
    return false;
  }

  Conformance Take(bool conforms) {
    result_.conforms = conforms;
    if (conforms) {
      result_.matched = run_.changes.size();
      result_.allowed.clear();
      result_.bound_hit = false;
      return std::move(result_);
    }
    result_.came = result_.matched < run_.changes.size()
                       ? cluster::TextOf(run_.changes[result_.matched])
                       : EndText(run_.outcome);
    return std::move(result_);
  }

 private:
  void Note(const Progress& progress) {
    if (progress.matched < result_.matched) {
      return;
    }
    if (progress.matched > result_.matched) {
      result_.allowed.clear();
    }
    result_.matched = progress.matched;
    const std::string what =
        progress.differs.empty() ? "no end within the bounds" : progress.differs;
    if (std::ranges::find(result_.allowed, what) == result_.allowed.end()) {
      result_.allowed.push_back(what);
    }
  }

  const RecordedRun& run_;
  const ConformOptions& options_;
  Conformance result_;
  std::int64_t steps_ = 0;
};

Status ReadStart(const Json& line, const std::string& place, RecordedRun& run) {
  TRY_ASSIGN(std::vector<std::string> argv,
             cluster::SplitWords(StringAt(line, {"command"}), place));
  if (argv.empty()) {
    return BadInput(place + ": a start without a command");
  }
  run.changes.push_back(
      cluster::CallOf(cluster::Command{std::move(argv), StringAt(line, {"input"})}));
  return {};
}

}  // namespace

Result<RecordedRun> ParseRun(std::string_view text, std::string_view where) {
  RecordedRun run;
  std::map<std::int64_t, std::size_t> running;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), row.size() + 1));
    const std::string place = std::string(where) + ": line " + std::to_string(++number);
    TRY_ASSIGN(const Json line, ParseJson(row, place));
    const std::string kind = StringAt(line, {"kind"});
    const std::int64_t operation = IntAt(line, {"operation"});
    if (number == 1 && StringAt(line, {"schema"}) != "rehearse/trace/v1") {
      return BadInput(place + ": not the header of a trace (rehearse/trace/v1)");
    }
    if (number == 1) {
      run.release = StringAt(line, {"release"});
      run.ns = StringAt(line, {"namespace"});
      run.target = StringAt(line, {"target"});
    } else if (kind == "start") {
      running[operation] = run.changes.size();
      TRY(ReadStart(line, place, run));
    } else if (kind == "done") {
      const auto at = running.find(operation);
      if (at == running.end()) {
        return BadInput(place + ": the end of an operation that was not started");
      }
      run.changes[at->second].exit_code = At(line, {"error"}) != nullptr ? 1 : 0;
    } else if (kind == "end") {
      run.outcome = StringAt(line, {"outcome"});
    }
  }
  return number == 0 ? Result<RecordedRun>(BadInput(std::string(where) + ": an empty file")) : run;
}

Conformance SearchConforming(const sim::Session& session,
                             const RecordedRun& run,
                             const ConformOptions& options) {
  Search search(run, options);
  // Fewer faults first: the plainest explanation is the one that is told.
  for (int faults = 0; faults <= options.faults_max; ++faults) {
    if (search.Explore(session, {}, faults)) {
      return search.Take(true);
    }
  }
  return search.Take(false);
}

}  // namespace rehearse::app
