// upgrade/executor/wire.h: reads protobuf messages field by field, without their definitions.
//
// Errors: a truncated or malformed message ends early; Ok() tells.
// Source: documentation of Protocol Buffers, "Encoding".
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rehearse::upgrade::executor {

struct WireField {
  std::uint64_t number = 0;
  std::uint64_t value = 0;  // of a varint or fixed field
  std::string_view bytes;   // of a length-delimited one
  bool is_bytes = false;
};

class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}
  // The next field; false at the end and at the first fault.
  bool Next(WireField* field);
  [[nodiscard]] bool Ok() const { return ok_; }

 private:
  bool Varint(std::uint64_t* value);
  bool Take(std::uint64_t size, std::string_view* bytes);
  bool Fail();

  std::string_view rest_;
  bool ok_ = true;
};

// A repeated integer field, packed or not: adds the field's integers.
void AddIntegers(const WireField& field, std::vector<std::int64_t>* integers);

// The last occurrence of the field; the fallback without one.
std::int64_t IntegerIn(std::string_view message, std::uint64_t number, std::int64_t fallback = 0);
std::string_view BytesIn(std::string_view message, std::uint64_t number);

}  // namespace rehearse::upgrade::executor
