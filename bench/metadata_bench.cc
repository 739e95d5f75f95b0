// bench/metadata_bench.cc: dumps of 10,000, 100,000 and 1,000,000 keys read, migrated, written and
// viewed; and the time in which a real etcd takes the same keys.
//
// Bars: a dump of 1,000,000 keys is read, migrated and written in < 10 s and < 1.5 GiB on 2 cores;
//       time grows near-linearly with the keys. Run with:
//         build/release/bench/bench_metadata
//         build/release/bench/bench_metadata --write FILE [KEYS]   makes such a dump
//       Measured on 2 cores: 1,000,061 keys of 261 bytes on average are read (2.9 s), migrated
//       (4.1 s) and written (1.8 s) in 8.7 s with a peak of 1517 MiB; 0.62 s for 100,008 keys. etcd
//       takes 1300 of the puts a second, one by one: 767 s for the million.
//       Each size runs in a process of its own (--whole IN OUT), so that its peak is its own.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <fstream>

#include "app/dump_file.h"
#include "bench/real_etcd.h"
#include "model/core/check.h"
#include "model/etcd/dump.h"
#include "model/migration/generate.h"
#include "model/migration/runner.h"
#include "model/milvus/view.h"

namespace rehearse::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kKeysMax = 1'000'000;
constexpr std::int64_t kPuts = 10'000;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double PeakMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

double MeanValue(const etcd::Keys& keys) {
  std::size_t bytes = 0;
  keys.ForEach([&](const std::string&, const auto& entry) { bytes += entry->value.size(); });
  return static_cast<double>(bytes) / static_cast<double>(keys.size());
}

int Write(const std::string& path, std::int64_t keys_min) {
  const etcd::Keys keys = migration::Generate21({.keys_min = keys_min, .loaded_partitions = false});
  CHECK(app::WriteFileAtomically(path, etcd::WriteJsonLines(keys)));
  std::printf("%zu keys, mean value %.0f bytes\n", keys.size(), MeanValue(keys));
  return 0;
}

migration::ToolJob JobOn(etcd::Keys keys) {
  migration::ToolConfig config;
  config.command = "run";
  config.source_version = "2.1.4";
  config.target_version = "2.2.0";
  config.endpoints = {"etcd:2379"};
  return {migration::ToolImage::kV220Bugfix, std::move(config), std::move(keys), {}};
}

struct Seconds {
  double read = 0;
  double migrate = 0;
  double write = 0;
  double view = 0;
  double peak_mib = 0;
  double cpu = 0;  // of read, migrate and write: the same on a busy machine
  std::size_t keys = 0;
  std::int64_t puts = 0;
};

void Print(const Seconds& s) {
  const auto rate = [&](double seconds) { return static_cast<double>(s.keys) / seconds / 1000; };
  std::printf("%9zu %8.2f %8.2f %8.2f %8.2f %9.2f %8.2f %8.0f %9.0f %9.0f %9.0f %9.0f\n",
              s.keys,
              s.read,
              s.migrate,
              s.write,
              s.view,
              s.read + s.migrate + s.write,
              s.cpu,
              s.peak_mib,
              rate(s.read),
              rate(s.migrate),
              rate(s.write),
              rate(s.view));
}

// What the command migrate-meta does, in its order; the view comes after the peak is taken.
int Whole(const std::string& in, const std::string& out) {
  Seconds seconds;
  Clock::time_point start = Clock::now();
  auto dump = app::ReadDumpFile(in);
  CHECK(dump);
  seconds.keys = dump->keys.size();
  seconds.read = SecondsSince(start);
  start = Clock::now();
  const migration::ToolRun run = migration::RunTool(JobOn(std::move(dump->keys)));
  CHECK(run.exit_code == 0);
  seconds.puts = run.puts;
  seconds.migrate = SecondsSince(start);
  start = Clock::now();
  CHECK(app::WriteFileAtomically(out, etcd::WriteJsonLines(run.keys)));
  seconds.write = SecondsSince(start);
  seconds.peak_mib = PeakMib();
  seconds.cpu = CpuSeconds();
  start = Clock::now();
  const auto view = milvus::ViewAs(run.keys, {.root_path = "by-dev", .server = {2, 2, 16, ""}});
  CHECK(view && !view->collections.empty());
  seconds.view = SecondsSince(start);
  Print(seconds);
  return 0;
}

void RunSelf(const std::string& arguments) {
  std::fflush(stdout);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  CHECK(std::system(("'" + self + "' " + arguments).c_str()) == 0);
}

// The first keys of what the migration leaves, as many as are put.
std::vector<std::pair<std::string, std::string>> PutsOf(const etcd::Keys& keys) {
  const migration::ToolRun run = migration::RunTool(JobOn(keys));
  std::vector<std::pair<std::string, std::string>> puts;
  run.keys.ForEach([&](const std::string& key, const auto& entry) {
    if (keys.Find(key) == nullptr && static_cast<std::int64_t>(puts.size()) < kPuts) {
      puts.emplace_back(key, entry->value);
    }
  });
  return puts;
}

void CompareWithEtcd() {
  RealEtcd etcd;
  if (!etcd.Start()) {
    std::printf("etcd: not compared, no etcd could be started (Debian package etcd-server)\n");
    return;
  }
  const auto puts =
      PutsOf(migration::Generate21({.keys_min = 4 * kPuts, .loaded_partitions = false}));
  const Clock::time_point start = Clock::now();
  for (const auto& [key, value] : puts) {
    CHECK(etcd.Put(key, value));
  }
  const double each = SecondsSince(start) / static_cast<double>(puts.size());
  std::printf(
      "etcd: %zu puts one by one, as the tool does: %.1f s, %.0f puts/s; for %lld: %.0f s\n",
      puts.size(),
      each * static_cast<double>(puts.size()),
      1 / each,
      static_cast<long long>(kKeysMax),
      each * kKeysMax);
}

int All() {
  std::string folder = (std::filesystem::temp_directory_path() / "bench.XXXXXX").string();
  CHECK(mkdtemp(folder.data()) != nullptr);
  std::printf("%9s %8s %8s %8s %8s %9s %8s %8s %39s\n",
              "keys",
              "read s",
              "migr. s",
              "write s",
              "view s",
              "all but v",
              "their CPU",
              "peak MiB",
              "thousand keys/s: read migrate write view");
  for (std::int64_t keys = 10'000; keys <= kKeysMax; keys *= 10) {
    RunSelf("--write '" + folder + "/in' " + std::to_string(keys) + " >'" + folder + "/said'");
    RunSelf("--whole '" + folder + "/in' '" + folder + "/out'");
  }
  std::string said;
  std::getline(std::ifstream(folder + "/said"), said);
  std::printf("the largest: %s\n", said.c_str());
  std::filesystem::remove_all(folder);
  CompareWithEtcd();
  return 0;
}

}  // namespace
}  // namespace rehearse::bench

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() >= 2 && arguments[0] == "--write") {
    return rehearse::bench::Write(
        arguments[1], arguments.size() > 2 ? std::stoll(arguments[2]) : rehearse::bench::kKeysMax);
  }
  if (arguments.size() == 3 && arguments[0] == "--whole") {
    return rehearse::bench::Whole(arguments[1], arguments[2]);
  }
  return rehearse::bench::All();
}
