// tests/model/helm/fixture.h: reading fixtures, which the rooms themselves never do.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "model/core/bytes.h"
#include "model/core/json.h"

namespace rehearse::helm {

inline std::string ReadFixture(const std::string& name) {
  std::ifstream in("fixtures/" + name, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  EXPECT_FALSE(bytes.str().empty()) << name;
  return bytes.str();
}

inline Json JsonFixture(const std::string& name) {
  std::string text = ReadFixture(name);
  if (IsGzip(text)) {
    text = *Gunzip(text, name);
  }
  Result<Json> json = ParseJson(text, name);
  EXPECT_TRUE(json.has_value()) << json.error().message;
  return json ? *std::move(json) : Json();
}

inline std::vector<Json> JsonLinesFixture(const std::string& name) {
  std::stringstream lines(*Gunzip(ReadFixture(name), name));
  std::vector<Json> out;
  for (std::string line; std::getline(lines, line);) {
    out.push_back(*ParseJson(line, name));
  }
  return out;
}

}  // namespace rehearse::helm
