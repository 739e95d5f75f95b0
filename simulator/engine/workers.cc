#include "simulator/engine/workers.h"

namespace rehearse::sim::engine {

Crew::Crew(int threads) {
  for (int i = 1; i < threads; ++i) {
    helpers_.emplace_back([this, i] { Help(static_cast<std::size_t>(i)); });
  }
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  for (std::thread& helper : helpers_) {
    helper.join();
  }
}

void Crew::Run(const std::function<void(std::size_t)>& job) {
  {
    const std::lock_guard lock(mutex_);
    job_ = &job;
    busy_ = helpers_.size();
    ++round_;
  }
  wake_.notify_all();
  job(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
}

void Crew::Help(std::size_t worker) {
  std::uint64_t seen = 0;
  for (;;) {
    const std::function<void(std::size_t)>* job = nullptr;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return ends_ || round_ != seen; });
      if (ends_) {
        return;
      }
      seen = round_;
      job = job_;
    }
    (*job)(worker);
    const std::lock_guard lock(mutex_);
    --busy_;
    done_.notify_one();
  }
}

}  // namespace rehearse::sim::engine
