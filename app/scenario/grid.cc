#include "app/scenario/grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "app/files.h"
#include "app/scenario/course.h"
#include "app/scenario/judge.h"
#include "app/scenario/narrator.h"
#include "app/scenario/recorded.h"
#include "simulator/checkers/outcome.h"

namespace rehearse::app {
namespace {

constexpr Millis kHelmTimeoutMs = Seconds(300);  // its own default

StepSpec StepOf(const GridCell& cell, const StartSpec& start) {
  const Pair& pair = cell.pair;
  const std::string app = pair.to.app.ToString();
  StepSpec step;
  switch (cell.procedure) {
    case GridProcedure::kHelm:
      step.kind = StepKind::kHelmUpgrade;
      step.version = pair.to.chart;
      step.values = helm::ValuesMode::kResetThenReuse;
      step.duration_ms = kHelmTimeoutMs;
      break;
    case GridProcedure::kRolling:
      step.kind = StepKind::kRollingUpdateSh;
      step.arguments = {"-n",
                        start.ns,
                        "-i",
                        start.release,
                        "-o",
                        "update",
                        "-t",
                        app,
                        "-w",
                        "milvusdb/milvus:v" + app};
      break;
    case GridProcedure::kMetadata:
      step.kind = StepKind::kMigrateSh;
      step.arguments = {"-n",
                        start.ns,
                        "-i",
                        start.release,
                        "-s",
                        pair.from.app.ToString(),
                        "-t",
                        app,
                        "-w",
                        "milvusdb/milvus:v" + app};
      step.version = "C";
      break;
    case GridProcedure::kPlan:
      step.kind = StepKind::kExecutor;
      step.to =
          pair.to.last_of_its_app && pair.from.app < pair.to.app ? app : "chart:" + pair.to.chart;
      break;
  }
  return step;
}

// How --from and --to name it again.
std::string Naming(const Point& point) {
  return point.last_of_its_app ? point.app.ToString() : "chart:" + point.chart;
}

result::MatrixCell Blank(const GridCell& cell, const std::string& kubernetes) {
  result::MatrixCell out;
  const Pair& pair = cell.pair;
  out.from = {pair.from.chart, pair.from.app.ToString()};
  out.to = {pair.to.chart, pair.to.app.ToString()};
  out.topology = charts::NameOf(cell.topology);
  out.procedure = NameOf(cell.procedure);
  out.replay = fmt::format(
      "rehearse matrix --from {} --to {} --topology {} --procedure {}{} "
      "--explain",
      Naming(pair.from),
      Naming(pair.to),
      out.topology,
      out.procedure,
      kubernetes == kGridKubernetes ? "" : " --kubernetes " + kubernetes);
  return out;
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

void NoteRefusal(const StepEnd& end, result::MatrixCell& out) {
  out.result = result::CellResult::kRefused;
  const std::size_t colon = end.account.find(": ");
  out.rule = end.account.substr(0, colon);
  out.account = colon == std::string::npos ? "" : FirstLine(end.account.substr(colon + 2));
}

// What a script says last stands where it leaves no account.
std::string LastWords(const StepEnd& end) {
  const std::string text = !end.account.empty() ? end.account
                           : end.said.empty()   ? ""
                                                : end.said.back();
  return FirstLine(text);
}

void NoteEnd(const StepEnd& end,
             const std::vector<sim::Violation>& found,
             result::MatrixCell& out) {
  if (end.kind == EndKind::kRefused) {
    NoteRefusal(end, out);
    return;
  }
  for (const sim::Violation& violation : found) {
    out.violated.push_back({violation.property, violation.at.ms, violation.evidence});
  }
  const bool reached = end.kind == EndKind::kReached && end.exit_code == 0;
  out.account = reached ? "" : LastWords(end);
  out.result = !found.empty() ? result::CellResult::kViolated
               : reached      ? result::CellResult::kOk
                              : result::CellResult::kStopped;
}

struct Told {
  Stand start;
  Stand end;
  std::vector<sim::Violation> violations;
  Narrator narrator;
};

Result<Told> Tell(const Course& course, const StepSpec& step) {
  Told told;
  told.start = Begin(course);
  told.narrator.Begin(step, {}, told.start.cluster->Now());
  TRY_ASSIGN(told.end, TakeStep(course, told.start, step, {&told.narrator, nullptr, {}}));
  told.narrator.End(told.end.ends.back(), told.end.cluster->Now());
  AddNew(told.violations, JudgeStep(course, told.start, told.end, step));
  return told;
}

void RunCell(const Course& course, const StepSpec& step, bool story, result::MatrixCell& out) {
  const auto told = Tell(course, step);
  if (!told) {
    out.result = result::CellResult::kUnknown;
    out.account = told.error().message;
    return;
  }
  NoteEnd(told->end.ends.back(), told->violations, out);
  out.simulated_ms = told->end.cluster->Now().ms - told->start.cluster->Now().ms;
  if (story) {
    out.steps = told->narrator.lines();
    out.changes = Changes(course, told->start, told->end);
  }
}

Result<Course> MakeStart(const StartSpec& start,
                         const std::shared_ptr<const charts::Catalog>& catalog) {
  TRY_ASSIGN(Course course, MakeCourse(start, "", catalog));
  for (const std::string& line : sim::NotReady(course.start, course.situation.ns)) {
    return BadInput("the start does not come up: " + line);
  }
  return course;
}

// Cells that begin at the same cluster.
struct Group {
  std::size_t first = 0;
  std::size_t end = 0;
};

class Grid {
 public:
  Grid(const GridOptions& options, std::shared_ptr<const charts::Catalog> catalog)
      : options_(options), catalog_(std::move(catalog)) {}

  Result<result::MatrixResult> Run() {
    TRY_ASSIGN(const std::vector<Pair> pairs, PairsOf(*catalog_, options_.pairs));
    List(pairs);
    out_.kubernetes = options_.kubernetes;
    out_.charts_left_out = PointsLeftOut(*catalog_);
    Work();
    if (done_ != cells_.size()) {
      out_.stopped = "the budget was spent";
    }
    TRY(Save());
    Sort();
    out_.wall_ms = Elapsed();
    return std::move(out_);
  }

 private:
  void List(const std::vector<Pair>& pairs) {
    for (auto pair = pairs.begin(); pair != pairs.end();) {
      const auto end = std::find_if(pair, pairs.end(), [&](const Pair& other) {
        return other.from.chart != pair->from.chart;
      });
      for (const charts::Topology topology : options_.topologies) {
        const std::size_t first = cells_.size();
        for (auto one = pair; one != end; ++one) {
          for (const GridProcedure procedure : options_.procedures) {
            cells_.push_back({*one, topology, procedure});
            out_.cells.push_back(Blank(cells_.back(), options_.kubernetes));
          }
        }
        groups_.push_back({first, cells_.size()});
      }
      pair = end;
    }
  }

  void Work() {
    const auto work = [this] {
      for (std::size_t i = next_++; i < groups_.size(); i = next_++) {
        RunGroup(groups_[i]);
      }
    };
    std::vector<std::thread> crew;
    for (int i = 1; i < options_.threads; ++i) {
      crew.emplace_back(work);
    }
    work();
    for (std::thread& thread : crew) {
      thread.join();
    }
  }

  void RunGroup(const Group& group) {
    if (Spent()) {
      return;
    }
    const Scenario first = ScenarioOf(cells_[group.first], options_.kubernetes);
    const auto course = MakeStart(first.start, catalog_);
    for (std::size_t i = group.first; i < group.end && !Spent(); ++i) {
      result::MatrixCell& out = out_.cells[i];
      if (course) {
        RunCell(*course, StepOf(cells_[i], first.start), options_.stories, out);
      } else {
        out.result = result::CellResult::kUnknown;
        out.account = course.error().message;
      }
      Progress();
    }
  }

  void Progress() {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (options_.progress) {
      options_.progress(done_, cells_.size());
    }
  }

  [[nodiscard]] Millis Elapsed() const {
    const auto passed = std::chrono::steady_clock::now() - began_;
    return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
  }
  [[nodiscard]] bool Spent() const {
    return options_.budget_ms != 0 && Elapsed() >= options_.budget_ms;
  }

  Status Save() {
    for (std::size_t i = 0; i < cells_.size() && !options_.save.empty(); ++i) {
      result::MatrixCell& cell = out_.cells[i];
      if (cell.result != result::CellResult::kViolated) {
        continue;
      }
      Scenario scenario = ScenarioOf(cells_[i], options_.kubernetes);
      scenario.expect.emplace();
      for (const result::RunViolation& violation : cell.violated) {
        scenario.expect->violated.push_back(violation.property);
      }
      cell.saved = options_.save + "/" + scenario.name + ".yaml";
      TRY(WriteFileAtomically(cell.saved, ScenarioText(scenario)));
    }
    return {};
  }

  // Topologies one after the other, as they are read.
  void Sort() {
    std::ranges::stable_sort(out_.cells, {}, [](const result::MatrixCell& cell) {
      return cell.topology != charts::NameOf(charts::Topology::kStandalone);
    });
  }

  const GridOptions& options_;
  std::shared_ptr<const charts::Catalog> catalog_;
  std::vector<GridCell> cells_;
  std::vector<Group> groups_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::size_t done_ = 0;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  result::MatrixResult out_;
};

}  // namespace

std::string_view NameOf(GridProcedure procedure) {
  switch (procedure) {
    case GridProcedure::kHelm:
      return "helm";
    case GridProcedure::kRolling:
      return "rolling";
    case GridProcedure::kMetadata:
      return "metadata";
    case GridProcedure::kPlan:
      return result::kOurPlan;
  }
  return "";
}

Scenario ScenarioOf(const GridCell& cell, const std::string& kubernetes) {
  const Pair& pair = cell.pair;
  Scenario scenario;
  scenario.name = fmt::format("{}-to-{}-{}-{}",
                              pair.from.chart,
                              pair.to.chart,
                              charts::NameOf(cell.topology),
                              NameOf(cell.procedure));
  scenario.about = fmt::format("Milvus {} to {}, charts {} to {}.",
                               pair.from.app.ToString(),
                               pair.to.app.ToString(),
                               pair.from.chart,
                               pair.to.chart);
  scenario.start.chart = pair.from.chart;
  scenario.start.topology = charts::NameOf(cell.topology);
  scenario.start.kubernetes = kubernetes;
  scenario.start.metadata = RecordedNameFor(pair.from.app);
  scenario.steps = {StepOf(cell, scenario.start)};
  return scenario;
}

Result<result::MatrixResult> RunGrid(const GridOptions& options,
                                     const std::shared_ptr<const charts::Catalog>& catalog) {
  return Grid(options, catalog).Run();
}

}  // namespace rehearse::app
