// upgrade/executor/program.h: a plan compiled to stages.
//
// Shape:  stages in order, hop by hop; a metadata hop also has stages beside the path (restore, way
//         back), behind the others. If any hop made helper objects, they are cleaned up behind all
//         hops; a last look at all workloads ends the program. A plan without hops is that look
//         alone, at what the release says.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "upgrade/executor/stage.h"

namespace rehearse::upgrade::executor {

class Program {
 public:
  Program(std::shared_ptr<const result::Plan> plan, ExecutorOptions options);

  [[nodiscard]] const result::Plan& plan() const { return *plan_; }
  [[nodiscard]] const ExecutorOptions& options() const { return options_; }
  [[nodiscard]] const std::vector<Stage>& stages() const { return stages_; }
  // An empty hop where the plan has none.
  [[nodiscard]] const result::Hop& HopOf(const Stage& stage) const;
  // What the executor does depends on this part of the plan alone.
  [[nodiscard]] Fingerprint fingerprint() const { return fingerprint_; }

  // Index of the stage; nullopt: there is none.
  [[nodiscard]] std::optional<std::size_t> Find(std::size_t hop, StageKind kind) const;
  [[nodiscard]] std::optional<std::size_t> FindId(std::string_view id) const;
  // The next stage on the path; nullopt: the plan is carried out.
  [[nodiscard]] std::optional<std::size_t> After(std::size_t stage) const;

  // The query behind a slot; kLog and kFile name their pod.
  [[nodiscard]] cluster::Query QueryOf(const Stage& stage, const Ask& ask) const;
  // Where the metadata is, by the hop or another hop of the plan; "" if none says.
  [[nodiscard]] std::string RootPathOf(const result::Hop& hop) const;

 private:
  void Add(std::size_t hop, const std::vector<Stage>& rows);
  void AddEnd();

  std::shared_ptr<const result::Plan> plan_;
  ExecutorOptions options_;
  std::vector<Stage> stages_;
  Fingerprint fingerprint_ = 0;
};

}  // namespace rehearse::upgrade::executor
