// tests/fuzz/targets.h: the parsers of foreign data, each as a function of bytes.
//
// Shape:  a target parses what it is given and checks what must hold of anything that it accepts
//         (written and read again it is the same, a run of the tool ends with a code of the tool).
//         Two programs call them: a fuzzer a target (scripts/fuzz), and replay_test, which gives
//         them the corpus of fixtures/fuzz/<name>/ in every ./test.
// Errors: none: a target returns, or the process dies.
#pragma once

#include <span>
#include <string_view>

namespace rehearse::fuzz {

// etcdctl JSON, JSON lines, a backup file, gzip of these.
void Dump(std::string_view bytes);
// A backup file of the migration tool.
void Backup(std::string_view bytes);
// Records of one byte (which key), two bytes (length, little-endian) and a value: as metadata.
void Metadata(std::string_view bytes);
// 0x00 and a Secret of helm, or another byte and the JSON inside of one.
void Release(std::string_view bytes);
// Files of a capture, each after a line "@name"; "@situation.json" is a situation of our own.
void Capture(std::string_view bytes);
// One byte (which parser) and a text: YAML, tool configuration, --set, versions, script logs.
void Text(std::string_view bytes);

struct Target {
  std::string_view name;
  void (*run)(std::string_view bytes);
};
std::span<const Target> Targets();

}  // namespace rehearse::fuzz
