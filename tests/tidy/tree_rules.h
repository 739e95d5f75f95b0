// tests/tidy/tree_rules.h: the style rules about several files at once: which room includes which,
// laws and the code that names them, headers nobody includes.
//
// Shape:  the arrows between rooms are read from cmake/rooms.cmake, so that there is one list; the
//         walls that no edit of that list may open stand here.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/rules.h"

namespace rehearse::tidy {

using Sources = std::vector<Source>;

struct Room {
  std::string folder;             // "model/etcd/"
  std::set<std::string> reaches;  // folders, its own included
};
using Rooms = std::map<std::string, Room>;  // by target

inline std::vector<std::string> WordsOf(std::string_view text) {
  std::vector<std::string> words;
  for (text = Trim(text); !text.empty(); text = Trim(text)) {
    const std::size_t end = std::min(text.find_first_of(" \n\t"), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return words;
}

// rehearse_room(target folder target...), lowest first, as the file says.
inline Rooms ReadRooms(std::string_view cmake) {
  constexpr std::string_view kCall = "rehearse_room(";
  Rooms rooms;
  for (std::size_t at = cmake.find(kCall); at != std::string_view::npos;
       at = cmake.find(kCall, at + 1)) {
    const std::size_t open = at + kCall.size();
    const auto words = WordsOf(cmake.substr(open, cmake.find(')', open) - open));
    Room room{words.at(1) + "/", {words.at(1) + "/"}};
    for (std::size_t i = 2; i < words.size(); ++i) {
      if (const auto lower = rooms.find(words[i]); lower != rooms.end()) {
        room.reaches.insert(lower->second.reaches.begin(), lower->second.reaches.end());
      }
    }
    rooms[words[0]] = room;
  }
  return rooms;
}

// The room that a path is in: that with the longest folder; nullptr outside of all rooms.
inline const Room* RoomOf(const Rooms& rooms, std::string_view path) {
  const Room* best = nullptr;
  for (const auto& [target, room] : rooms) {
    if (IsUnder(path, room.folder) &&
        (best == nullptr || best->folder.size() < room.folder.size())) {
      best = &room;
    }
  }
  return best;
}

// The model's laws are for the simulator: what is judged must not share them, and app, which runs
// the tool's machine for the planner (and prints what a server would see), takes them on purpose;
// so do the stand-ins, which play what the model knows.
inline bool MayIncludeMachine(std::string_view path) {
  return IsUnder(path, "simulator/") || IsUnder(path, "app/") || IsUnder(path, "live/standin/") ||
         IsUnder(path, "model/") || IsUnder(path, "tests/") || IsUnder(path, "bench/");
}

inline std::string IncludeProblem(const Rooms& rooms,
                                  const Source& source,
                                  const std::string& target) {
  if (target.ends_with("machine.h") && !MayIncludeMachine(source.path)) {
    return "only the simulator (and app) includes a machine.h";
  }
  if (IsUnder(source.path, "tests/") || IsUnder(source.path, "bench/")) {
    return "";
  }
  if (IsUnder(target, "tests/") || IsUnder(target, "bench/")) {
    return "nobody includes tests or bench";
  }
  const Room* from = RoomOf(rooms, source.path);
  const Room* to = RoomOf(rooms, target);
  if (from == nullptr || to == nullptr) {
    return "belongs to no room of cmake/rooms.cmake";
  }
  return from->reaches.contains(to->folder)
             ? ""
             : from->folder + " has no arrow to " + to->folder + " in cmake/rooms.cmake";
}

inline Findings CheckArrows(const Rooms& rooms, const Source& source) {
  Findings findings;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    const std::string include = IncludeOf(source.lines[i]);
    if (!include.starts_with("\"") || include.ends_with(".pb.h")) {
      continue;
    }
    const std::string problem = IncludeProblem(rooms, source, include.substr(1));
    if (!problem.empty()) {
      findings.push_back({source.path, i + 1, include.substr(1) + ": " + problem});
    }
  }
  return findings;
}

// Whatever cmake/rooms.cmake says: the layers, and the walls between the rooms of layer 3.
inline Findings CheckWalls(const Rooms& rooms) {
  const auto layer = [](const std::string& folder) {
    return folder == "model/core/"                                   ? 0
           : folder == "model/cluster/" || folder == "model/result/" ? 2
           : folder.starts_with("model/")                            ? 1
           : folder.starts_with("app/")                              ? 4
                                                                     : 3;
  };
  const auto house = [](const std::string& folder) { return folder.substr(0, folder.find('/')); };
  Findings findings;
  for (const auto& [target, room] : rooms) {
    for (const std::string& other : room.reaches) {
      const int from = layer(room.folder);
      const int to = layer(other);
      if (from < to || (from == 3 && to == 3 && house(room.folder) != house(other))) {
        findings.push_back({"cmake/rooms.cmake", 1, room.folder + " must not reach " + other});
      }
    }
  }
  return findings;
}

// A header that no other file includes than its own source.
inline Findings CheckDeadHeaders(const Sources& sources) {
  std::set<std::string> included;
  for (const Source& source : sources) {
    const std::string stem = source.path.substr(0, source.path.rfind('.'));
    for (const std::string& line : source.lines) {
      const std::string include = IncludeOf(line);
      if (include.starts_with("\"") && include.substr(1) != stem + ".h") {
        included.insert(include.substr(1));
      }
    }
  }
  Findings findings;
  for (const Source& source : sources) {
    if (IsHeader(source) && !included.contains(source.path)) {
      findings.push_back({source.path, 1, "no other file includes it"});
    }
  }
  return findings;
}

// Every Law::kName in the text, code and comments alike.
inline void ForEachLawName(const Source& source, const auto& visit) {
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    const std::string& line = source.lines[i];
    for (std::size_t at = FindWord(line, "Law"); at != std::string::npos;
         at = FindWord(line, "Law", at + 1)) {
      if (line.compare(at, 6, "Law::k") != 0) {
        continue;
      }
      std::size_t end = at + 5;
      while (end < line.size() && IsWordChar(line[end])) {
        ++end;
      }
      visit(i + 1, line.substr(at + 5, end - at - 5));
    }
  }
}

struct LawRow {
  std::string name;
  std::string id;
  std::string source;
  std::string basis;
};

inline Findings CheckLaws(const std::vector<LawRow>& laws, const Sources& sources) {
  Findings findings;
  std::set<std::string> names = {"kCount"};
  std::set<std::string> ids;
  for (const LawRow& law : laws) {
    names.insert(law.name);
    if (!ids.insert(law.id).second) {
      findings.push_back({"model/core/laws", 1, law.id + " stands twice"});
    }
  }
  std::set<std::string> used;
  for (const Source& source : sources) {
    if (IsUnder(source.path, "tests/tidy/")) {
      continue;  // its snippets name laws of their own
    }
    ForEachLawName(source, [&](std::size_t line, const std::string& name) {
      if (!names.contains(name)) {
        findings.push_back({source.path, line, "Law::" + name + " is not registered"});
      }
      if (!IsTest(source)) {
        used.insert(name);
      }
    });
  }
  for (const LawRow& law : laws) {
    if (!used.contains(law.name)) {
      findings.push_back(
          {"model/core/laws", 1, law.id + " (" + law.name + ") is named by no code"});
    }
  }
  return findings;
}

// Files of ours that a law's source names: fixtures/... up to a blank, a comma or a bracket.
inline std::vector<std::string> FixturesOf(std::string_view source) {
  std::vector<std::string> files;
  for (std::size_t at = source.find("fixtures/"); at != std::string_view::npos;
       at = source.find("fixtures/", at + 1)) {
    const std::size_t end = std::min(source.find_first_of(" ,;:)", at), source.size());
    files.emplace_back(source.substr(at, end - at));
  }
  return files;
}

// A measured law names its recording, and every recording that is named is there.
inline Findings CheckLawSources(const std::vector<LawRow>& laws, const auto& exists) {
  Findings findings;
  const auto find = [&](const LawRow& law, const std::string& message) {
    findings.push_back({"model/core/laws", 1, law.id + ": " + message});
  };
  for (const LawRow& law : laws) {
    const auto fixtures = FixturesOf(law.source);
    if (law.source.empty()) {
      find(law, "no source");
    } else if (law.basis == "measured" && fixtures.empty()) {
      find(law, "measured, but its source names no recording under fixtures/");
    }
    for (const std::string& file : fixtures) {
      if (!exists(file)) {
        find(law, "no file " + file);
      }
    }
  }
  return findings;
}

}  // namespace rehearse::tidy
