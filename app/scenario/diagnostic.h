// app/scenario/diagnostic.h: what is wrong with a scenario file, with a numbered code and a place,
// and the cursor over a placed document that finds it.
//
// Units:  lines and columns from 1.
// Shape:  a Form reads one mapping: each Get asks for a member by name, notes what it is not, and
//         gives a value to go on with; members that nobody asked for are reported when it closes.
// Codes:  stable; docs/scenarios.md lists them.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/core/placed_yaml.h"

namespace rehearse::app {

enum class LintCode {
  kNotYaml = 1,      // S001 the file is no single YAML document
  kUnknownKey,       // S002
  kMissingKey,       // S003
  kWrongType,        // S004
  kNotOneOf,         // S005 a word that is not among those allowed here
  kBadValue,         // S006 the right type, but it means nothing: a version, a number, arguments
  kNoSuchFile,       // S007 a file that the scenario names cannot be read
  kUnknownProperty,  // S008
  kBadFault,         // S009 no such fault can happen
  kNoSuchStep,       // S010 a fault or expectation of a step that is not there
  kNoSuchChart,      // S011
  kRepeatedKey,      // S012
  kContradiction,    // S013 two parts of the file exclude each other
};
std::string NameOf(LintCode code);  // "S003"
// What the code means, in a few words.
std::string_view Meaning(LintCode code);
inline constexpr int kLintCodes = 13;

struct Diagnostic {
  LintCode code = LintCode::kNotYaml;
  std::string file;
  Place place;
  std::string message;
};
// "file:3:5: S002 unknown key 'stpes' (expected ...)"
std::string TextOf(const Diagnostic& diagnostic);

struct Document {
  std::string file;
  PlacedYaml yaml;
  std::vector<Diagnostic> diagnostics;

  void Add(LintCode code, const std::string& pointer, std::string message);
};

class Form {
 public:
  // `json` may be of any type: what is no mapping is reported, and then has no members.
  Form(Document& document, const Json& json, std::string pointer);

  std::string Text(std::string_view key, bool required = false);
  std::string OneOf(std::string_view key, const std::vector<std::string>& allowed, bool required);
  std::int64_t Whole(std::string_view key, std::int64_t min, std::int64_t fallback);
  bool Flag(std::string_view key);
  std::vector<std::string> Texts(std::string_view key);
  // nullptr: not there. Marks the key as known.
  const Json* Get(std::string_view key);
  // Every key counts as known.
  void GetAll();
  void Need(std::string_view key);
  // Reports members that were not asked for.
  void Close();

  [[nodiscard]] const Json& json() const { return json_; }
  [[nodiscard]] std::string At(std::string_view key) const;
  [[nodiscard]] const std::string& pointer() const { return pointer_; }
  Document& document() { return document_; }
  void Report(LintCode code, std::string_view key, std::string message);

 private:
  Document& document_;
  const Json& json_;
  std::string pointer_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace rehearse::app
