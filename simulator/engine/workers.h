// simulator/engine/workers.h: the threads of a search.
//
// Threads: the only place below app/ that has any. A crew's helpers live as long as the crew; Run
//          hands one job to all of them (the caller is worker 0) and returns when all are done.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace rehearse::sim::engine {

class Crew {
 public:
  explicit Crew(int threads);
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  [[nodiscard]] std::size_t size() const { return helpers_.size() + 1; }
  // Calls job(worker) once for every worker.
  void Run(const std::function<void(std::size_t worker)>& job);

 private:
  void Help(std::size_t worker);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(std::size_t)>* job_ = nullptr;
  std::uint64_t round_ = 0;
  std::size_t busy_ = 0;
  bool ends_ = false;
  std::vector<std::thread> helpers_;
};

}  // namespace rehearse::sim::engine
