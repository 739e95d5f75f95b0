// tests/tidy/bans.h: what may stand only in certain folders: calls that would make a run depend on
// its machine, and third-party libraries outside of their wrappers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source.h"

namespace rehearse::tidy {

// Words that must not stand in code below `folder`, except in the files of `allowed`.
struct Ban {
  std::vector<const char*> words;
  std::vector<const char*> folders;
  std::vector<const char*> allowed;
  const char* instead;
};

inline const std::vector<Ban>& Bans() {
  static const std::vector<const char*> kPure = {"model/", "upgrade/", "simulator/", "reports/"};
  static const std::vector<const char*> kAll = {
      "model/", "upgrade/", "simulator/", "reports/", "app/", "live/", "tests/", "bench/"};
  static const std::vector<Ban> bans = {
      {{"system_clock",
        "steady_clock",
        "high_resolution_clock",
        "gettimeofday",
        "clock_gettime",
        "std::time",
        "localtime",
        "gmtime",
        "strftime"},
       kPure,
       {},
       "time comes from Cluster::Now and Wait"},
      {{"sleep_for", "sleep_until", "usleep", "nanosleep", "sleep("},
       kPure,
       {},
       "time passes in Cluster::Wait"},
      {{"std::thread", "std::jthread", "std::async", "pthread_create"},
       kPure,
       {"simulator/engine/workers.cc", "simulator/engine/workers.h"},
       "only the workers of a search have threads"},
      {{"random_device",
        "mt19937",
        "mt19937_64",
        "uniform_int_distribution",
        "uniform_real_distribution",
        "bernoulli_distribution",
        "std::rand",
        "srand"},
       kPure,
       {},
       "draw from the run's Prng"},
      {{"getenv", "setenv"}, kPure, {}, "app/ reads the environment and passes values"},
      {{"std::filesystem", "ifstream", "ofstream", "fstream", "fopen", "opendir", "popen"},
       kPure,
       {},
       "parsers take bytes; app/files.h reads"},
      {{"float", "double"}, {"simulator/", "upgrade/"}, {}, "a share is a ratio of two integers"},
      {{"std::source_location", "std::views", "std::ranges::views"},
       kAll,
       {},
       "clang 14 can't parse it with this library"},
      {{"catch (...)"}, kAll, {}, "it swallows a failed property; catch by type"},
      {{"using namespace"}, kAll, {}, "name what is used"},
  };
  return bans;
}

inline Findings CheckBans(const Source& source) {
  Findings findings;
  const auto is_under = [&](const char* folder) { return IsUnder(source.path, folder); };
  for (const Ban& ban : Bans()) {
    if (std::ranges::none_of(ban.folders, is_under) || std::ranges::any_of(ban.allowed, is_under)) {
      continue;
    }
    for (std::size_t i = 0; i < source.code.size(); ++i) {
      for (const char* word : ban.words) {
        if (HasWord(source.code[i], word)) {
          findings.push_back({source.path, i + 1, std::string(word) + ": " + ban.instead});
        }
      }
    }
  }
  return findings;
}

// The identifier after a declaration `unordered_map<...> name` on this line.
inline std::string UnorderedName(std::string_view line) {
  const std::size_t at = line.find("unordered_");
  const std::size_t close = line.rfind('>');
  if (at == std::string_view::npos || close == std::string_view::npos || close < at) {
    return "";
  }
  const std::string_view rest = Trim(line.substr(close + 1));
  std::size_t end = 0;
  while (end < rest.size() && IsWordChar(rest[end])) {
    ++end;
  }
  return std::string(rest.substr(0, end));
}

// Order that depends on addresses or on a hash table's layout.
inline Findings CheckOrder(const Source& source) {
  Findings findings;
  if (!IsUnder(source.path, "model/") && !IsUnder(source.path, "simulator/")) {
    return findings;
  }
  std::vector<std::string> names;
  for (std::size_t i = 0; i < source.code.size(); ++i) {
    const std::string& line = source.code[i];
    for (const char* container : {"std::map<", "std::set<", "std::unordered_map<"}) {
      const std::size_t at = line.find(container);
      const std::size_t key = at == std::string::npos ? at : line.find_first_of(",>*", at);
      if (key != std::string::npos && line[key] == '*') {
        findings.push_back({source.path, i + 1, "a pointer as key orders by address"});
      }
    }
    if (const std::string name = UnorderedName(line); !name.empty()) {
      names.push_back(name);
    }
    for (const std::string& name : names) {
      if (HasWord(line, ": " + name + ")") || HasWord(line, name + ".begin()")) {
        findings.push_back({source.path, i + 1, "iterates over the unordered " + name});
      }
    }
  }
  return findings;
}

// A third-party library and the only files that include it.
struct Wrapper {
  const char* include;
  std::vector<const char*> files;
};

inline const std::vector<Wrapper>& Wrappers() {
  static const std::vector<Wrapper> wrappers = {
      {"<nlohmann/", {"model/core/json.h", "model/core/json.cc"}},
      {"<yaml-cpp/", {"model/core/json.cc"}},
      {"<zlib.h", {"model/core/bytes.cc"}},
      {"<tl/", {"model/core/result.h"}},
      {"<fmt/", {"model/", "upgrade/", "simulator/", "reports/", "live/", "app/"}},
      {"<google/protobuf/", {"model/milvus/", "model/migration/"}},
      {"<CLI/", {"app/command.h"}},
      {"<httplib.h", {"live/"}},
      {"<boost/graph/", {"upgrade/search.cc"}},
      {"<gtest/", {"tests/"}},
      {"<rapidcheck", {"tests/"}},
      {"<benchmark/", {"bench/"}},
      {"<sys/", {"app/", "live/", "tests/", "bench/"}},
      {"<arpa/", {"live/", "bench/"}},
      {"<netinet/", {"live/", "bench/"}},
  };
  return wrappers;
}

inline Findings CheckLibraries(const Source& source) {
  Findings findings;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    const std::string include = IncludeOf(source.lines[i]);
    const auto wrapper = std::ranges::find_if(
        Wrappers(), [&](const Wrapper& row) { return include.starts_with(row.include); });
    if (wrapper == Wrappers().end()) {
      if (include.starts_with("<") && include.find('/') != std::string::npos) {
        findings.push_back(
            {source.path, i + 1, include + "> has no wrapper in tests/tidy/rules.h"});
      }
      continue;
    }
    const auto is_under = [&](const char* file) { return IsUnder(source.path, file); };
    if (std::ranges::none_of(wrapper->files, is_under)) {
      findings.push_back(
          {source.path, i + 1, include + "> belongs to " + wrapper->files.front() + " alone"});
    }
  }
  return findings;
}

}  // namespace rehearse::tidy
