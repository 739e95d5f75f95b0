#include "model/cluster/recorded_trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace rehearse::cluster {
namespace {

using Words = std::vector<std::string>;

// ---- words -------------------------------------------------------------------------------------

// Splits as bash does; one object for one line.
class WordSplitter {
 public:
  explicit WordSplitter(std::string_view line) : line_(line) {}

  // False: a quote stays open.
  bool Split() {
    while (at_ < line_.size()) {
      if (!Next()) {
        return false;
      }
    }
    EndWord();
    return true;
  }
  Words Take() { return std::move(words_); }

 private:
  bool Next() {
    const char letter = line_[at_++];
    if (letter == ' ' || letter == '\t') {
      EndWord();
    } else if (letter == '\\' && at_ < line_.size()) {
      Append(line_[at_++]);
    } else if (letter == '$' && at_ < line_.size() && line_[at_] == '\'') {
      ++at_;
      return Quoted('\'', true);
    } else if (letter == '\'' || letter == '"') {
      return Quoted(letter, letter == '"');
    } else {
      Append(letter);
    }
    return true;
  }

  bool Quoted(char close, bool escapes) {
    in_word_ = true;
    while (at_ < line_.size()) {
      const char letter = line_[at_++];
      if (letter == close) {
        return true;
      }
      if (letter == '\\' && escapes && at_ < line_.size()) {
        Append(Escape(line_[at_++], close));
      } else {
        Append(letter);
      }
    }
    return false;
  }

  static char Escape(char letter, char close) {
    if (close == '\'' && letter == 'n') {
      return '\n';
    }
    return close == '\'' && letter == 't' ? '\t' : letter;
  }

  void Append(char letter) {
    in_word_ = true;
    word_.push_back(letter);
  }
  void EndWord() {
    if (in_word_) {
      words_.push_back(std::move(word_));
    }
    word_.clear();
    in_word_ = false;
  }

  std::string_view line_;
  std::size_t at_ = 0;
  Words words_;
  std::string word_;
  bool in_word_ = false;
};

// ---- flags -------------------------------------------------------------------------------------

struct FlagName {
  std::string_view program;
  std::string_view written;
  std::string_view name;
  bool has_value;
};
constexpr std::array kFlags = {
    FlagName{"kubectl", "n", "namespace", true},
    FlagName{"kubectl", "namespace", "namespace", true},
    FlagName{"kubectl", "l", "selector", true},
    FlagName{"kubectl", "selector", "selector", true},
    FlagName{"kubectl", "o", "output", true},
    FlagName{"kubectl", "output", "output", true},
    FlagName{"kubectl", "f", "filename", true},
    FlagName{"kubectl", "filename", "filename", true},
    FlagName{"kubectl", "p", "patch", true},
    FlagName{"kubectl", "patch", "patch", true},
    FlagName{"kubectl", "patch-file", "patch-file", true},
    FlagName{"kubectl", "type", "type", true},
    FlagName{"kubectl", "replicas", "replicas", true},
    FlagName{"kubectl", "timeout", "timeout", true},
    FlagName{"helm", "n", "namespace", true},
    FlagName{"helm", "namespace", "namespace", true},
    FlagName{"helm", "f", "values", true},
    FlagName{"helm", "values", "values", true},
    FlagName{"helm", "version", "version", true},
    FlagName{"helm", "set", "set", true},
    FlagName{"helm", "set-string", "set-string", true},
    FlagName{"helm", "timeout", "timeout", true},
    FlagName{"helm", "o", "output", true},
    FlagName{"helm", "output", "output", true},
    FlagName{"etcdctl", "w", "write-out", true},
    FlagName{"etcdctl", "write-out", "write-out", true},
};

FlagName FlagOf(std::string_view program, std::string_view written) {
  for (const FlagName& row : kFlags) {
    if (row.program == program && row.written == written) {
      return row;
    }
  }
  return {program, written, written, false};
}

// Numbers and truth values as such, so that "1" and 1 are one; other texts as they are.
Json ValueOf(std::string_view name, const std::string& text) {
  if (text == "true" || text == "false") {
    return text == "true";
  }
  if (name == "patch") {
    Result<Json> patch = ParseJson(text, name);
    return patch ? *std::move(patch) : Json(text);
  }
  std::int64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && at == end && !text.empty() ? Json(number) : Json(text);
}

struct ParsedWords {
  Words operands;
  std::vector<std::pair<std::string, std::string>> flags;
  Words after_dashes;
};

ParsedWords ParseWords(const Command& command) {
  ParsedWords parsed;
  const std::string& program = command.argv.front();
  for (std::size_t i = 1; i < command.argv.size(); ++i) {
    const std::string& word = command.argv[i];
    if (word == "--") {
      parsed.after_dashes.assign(command.argv.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                 command.argv.end());
      break;
    }
    const std::size_t start = word.find_first_not_of('-');
    if (!word.starts_with("-") || start == std::string::npos) {  // dashes alone are no flag
      parsed.operands.push_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const FlagName flag = FlagOf(program, std::string_view(word).substr(0, equals).substr(start));
    std::string value = "true";
    if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (flag.has_value && i + 1 < command.argv.size()) {
      value = command.argv[++i];
    }
    parsed.flags.emplace_back(flag.name, std::move(value));
  }
  return parsed;
}

std::string SortedSelector(const std::string& selector) {
  std::set<std::string> pairs;
  std::string_view rest = selector;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    pairs.emplace(rest.substr(0, comma));
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  std::string sorted;
  for (const std::string& pair : pairs) {
    sorted += (sorted.empty() ? "" : ",") + pair;
  }
  return sorted;
}

// Flags that say what kubectl would do without them.
bool IsDefault(const std::string& name, const Json& value) {
  return (name == "type" && value == "strategic") ||
         ((name == "overwrite" || name == "ignore-not-found") && value == false);
}

void SetFlags(const ParsedWords& parsed, const Command& command, Call& call) {
  for (const auto& [name, text] : parsed.flags) {
    if (name == "namespace") {
      call.ns = text;
    } else if (name == "selector") {
      call.selector = SortedSelector(text);
    } else if (name == "patch-file") {
      const Result<std::vector<Json>> documents = ParseYaml(command.input, name);
      call.flags["patch"] =
          documents && documents->size() == 1 ? documents->front() : Json(command.input);
    } else if (call.flags.contains(name)) {  // a flag given more than once is a list
      Json& list = call.flags[name];
      list = list.is_array() ? list : Json::array({list});
      list.push_back(ValueOf(name, text));
    } else if (Json value = ValueOf(name, text); !IsDefault(name, value)) {
      call.flags[name] = std::move(value);
    }
  }
}

// "deploy a b", "deploy/a cm/b", "deploy,svc": the words of kubectl that name objects.
void SetTargets(const Words& words, Call& call) {
  const auto add = [&call](std::string_view resources, const std::string& name) {
    while (true) {
      const std::size_t comma = resources.find(',');
      const std::string kind = kube::KindOf(resources.substr(0, comma));
      call.targets.push_back(name.empty() ? kind : kind + "/" + name);
      if (comma == std::string_view::npos) {
        return;
      }
      resources.remove_prefix(comma + 1);
    }
  };
  std::string resource;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::size_t slash = word.find('/');
    if (word.find('=') != std::string::npos) {
      call.operands.push_back(word);
    } else if (slash != std::string::npos) {
      add(std::string_view(word).substr(0, slash), word.substr(slash + 1));
    } else if (resource.empty()) {
      resource = word;
      if (i + 1 == words.size() || words[i + 1].find('=') != std::string::npos) {
        add(resource, "");
      }
    } else {
      add(resource, word);
    }
  }
}

void SetKubectlWords(Words words, Call& call) {
  if (words.empty()) {
    return;
  }
  call.verb = words.front();
  words.erase(words.begin());
  if (call.verb == "rollout" && !words.empty()) {
    call.verb += " " + words.front();
    words.erase(words.begin());
  }
  if (call.verb == "logs" || call.verb == "exec") {
    for (const std::string& word : words) {
      call.targets.push_back("Pod/" + word.substr(word.find('/') + 1));
    }
    return;
  }
  SetTargets(words, call);
}

// ---- the log -----------------------------------------------------------------------------------

constexpr std::string_view kPiped = "    |";
constexpr std::string_view kExitCode = "    rc=";

struct OpenCall {
  Command command;
  bool piped = false;
  std::optional<int> exit_code;
};

Call Close(const OpenCall& open) {
  Call call = CallOf(open.command);
  if (!open.piped) {
    call.input = std::nullopt;
  }
  call.exit_code = open.exit_code;
  return call;
}

int ExitCodeOf(const Result<CommandResult>& result) { return result ? result->exit_code : 1; }

int ExitCodeOf(const Query& query, const Input& answer) {
  const auto* observation = std::get_if<Result<Observation>>(&answer);
  if (observation == nullptr || !*observation) {
    return 1;
  }
  const bool missing = std::holds_alternative<GetObject>(query) && (*observation)->objects.empty();
  return missing ? 1 : (*observation)->text.exit_code;
}

}  // namespace

Result<std::vector<std::string>> SplitWords(std::string_view line, std::string_view where) {
  WordSplitter splitter(line);
  if (!splitter.Split()) {
    return BadInput(std::string(where) + ": a quote is not closed");
  }
  return splitter.Take();
}

bool Call::IsRead() const {
  static const std::set<std::string> kReads = {
      "get", "logs", "exec", "rollout status", "history", "list", "status"};
  return kReads.contains(verb);
}

bool SameCall(const Call& recorded, const Call& simulated) {
  const auto same_if_recorded = [](const auto& left, const auto& right) {
    return !left || left == right;
  };
  return recorded.program == simulated.program && recorded.verb == simulated.verb &&
         recorded.targets == simulated.targets && recorded.ns == simulated.ns &&
         recorded.selector == simulated.selector && recorded.flags == simulated.flags &&
         recorded.operands == simulated.operands &&
         same_if_recorded(recorded.input, simulated.input) &&
         same_if_recorded(recorded.exit_code, simulated.exit_code);
}

std::string TextOf(const Call& call) {
  std::string text = call.program + " " + call.verb;
  for (const std::string& word : call.targets) {
    text += " " + word;
  }
  for (const std::string& word : call.operands) {
    text += " " + word;
  }
  text += call.ns.empty() ? "" : " -n " + call.ns;
  text += call.selector.empty() ? "" : " -l " + call.selector;
  for (const auto& [name, value] : call.flags) {
    text += " --" + name + "=" + (value.is_string() ? value.get<std::string>() : Dump(value));
  }
  text += call.input ? " <<< " + Dump(*call.input) : "";
  return text + (call.exit_code ? " rc=" + std::to_string(*call.exit_code) : " (no end)");
}

Call CallOf(const Command& command) {
  Call call;
  if (command.argv.empty()) {
    return call;
  }
  call.program = command.argv.front();
  const ParsedWords parsed = ParseWords(command);
  SetFlags(parsed, command, call);
  if (call.program == "kubectl") {
    SetKubectlWords(parsed.operands, call);
  } else if (!parsed.operands.empty()) {
    call.verb = parsed.operands.front();
    call.operands.assign(parsed.operands.begin() + 1, parsed.operands.end());
  }
  call.operands.insert(call.operands.end(), parsed.after_dashes.begin(), parsed.after_dashes.end());
  if (call.flags.contains("filename")) {
    const Result<std::vector<Json>> documents = ParseYaml(command.input, "input");
    call.input = documents ? Json(*documents) : Json(command.input);
  }
  return call;
}

Result<RecordedTrace> ParseRecordedTrace(std::string_view text, std::string_view where) {
  RecordedTrace trace;
  std::vector<OpenCall> all;
  std::size_t first_running = 0;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? "" : text.substr(end + 1);
    const std::string place = std::string(where) + ":" + std::to_string(number);
    if (line.starts_with(kExitCode)) {
      const Json code = ValueOf("rc", std::string(line.substr(kExitCode.size())));
      if (!code.is_number_integer() || first_running == all.size()) {
        return BadInput(place + ": an exit code that belongs to no command");
      }
      all[first_running++].exit_code = code.get<int>();
    } else if (line.starts_with(kPiped)) {
      if (all.empty()) {
        return BadInput(place + ": piped text that belongs to no command");
      }
      const std::string_view rest = line.substr(kPiped.size());
      all.back().command.input += std::string(rest.substr(rest.starts_with(' ') ? 1 : 0)) + "\n";
      all.back().piped = true;
    } else if (line.starts_with("# ")) {
      trace.command_line = line.substr(2);
    } else if (!line.empty()) {
      TRY_ASSIGN(Words words, SplitWords(line, place));
      all.push_back({{std::move(words), ""}, false, std::nullopt});
    }
  }
  std::ranges::transform(all, std::back_inserter(trace.calls), Close);
  return trace;
}

void CallRecorder::Add(const Step& step, const Input& answer) {
  if (const auto* read = std::get_if<ReadStep>(&step)) {
    calls_.push_back(CallOf(CommandOf(read->query)));
    calls_.back().exit_code = ExitCodeOf(read->query, answer);
  } else if (const auto* start = std::get_if<StartStep>(&step)) {
    calls_.push_back(CallOf(CommandOf(start->action)));
    const auto* operation = std::get_if<Result<OperationId>>(&answer);
    if (operation != nullptr && *operation) {
      running_[**operation] = calls_.size() - 1;
    } else {
      calls_.back().exit_code = 1;
    }
  } else if (const auto* event = std::get_if<Result<Event>>(&answer); event != nullptr && *event) {
    const auto* done = std::get_if<OperationDone>(&**event);
    if (done != nullptr && running_.contains(done->operation)) {
      calls_[running_[done->operation]].exit_code = ExitCodeOf(done->result);
      running_.erase(done->operation);
    }
  }
}

std::vector<Call> CollapsePolls(const std::vector<Call>& calls) {
  std::vector<Call> kept;
  const auto repeats = [&kept](std::size_t length) {
    for (std::size_t i = kept.size() - length; i < kept.size(); ++i) {
      const Call& before = kept[i - length];
      if (!kept[i].IsRead() || !SameCall(before, kept[i]) ||
          before.exit_code != kept[i].exit_code) {
        return false;
      }
    }
    return true;
  };
  for (const Call& call : calls) {
    kept.push_back(call);
    for (std::size_t length = 1; 2 * length <= kept.size(); ++length) {
      if (!kept[kept.size() - length].IsRead()) {
        break;
      }
      if (repeats(length)) {
        kept.resize(kept.size() - length);
        break;
      }
    }
  }
  return kept;
}

std::optional<CallDifference> CompareCalls(const std::vector<Call>& recorded,
                                           const std::vector<Call>& simulated) {
  const std::vector<Call> left = CollapsePolls(recorded);
  const std::vector<Call> right = CollapsePolls(simulated);
  const bool cut_off = !left.empty() && !left.back().exit_code;
  for (std::size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    if (i >= left.size() && cut_off) {
      return std::nullopt;
    }
    if (i >= left.size() || i >= right.size() || !SameCall(left[i], right[i])) {
      return CallDifference{
          i, i < left.size() ? TextOf(left[i]) : "", i < right.size() ? TextOf(right[i]) : ""};
    }
  }
  return std::nullopt;
}

}  // namespace rehearse::cluster
