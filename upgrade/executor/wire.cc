#include "upgrade/executor/wire.h"

namespace rehearse::upgrade::executor {
namespace {

constexpr std::uint64_t kVarint = 0;
constexpr std::uint64_t kFixed64 = 1;
constexpr std::uint64_t kLengthDelimited = 2;
constexpr std::uint64_t kFixed32 = 5;

}  // namespace

bool WireReader::Fail() {
  ok_ = false;
  return false;
}

bool WireReader::Varint(std::uint64_t* value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) {
      return Fail();
    }
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    *value |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
    if ((byte & 0x80U) == 0) {
      return true;
    }
  }
  return Fail();
}

bool WireReader::Take(std::uint64_t size, std::string_view* bytes) {
  if (size > rest_.size()) {
    return Fail();
  }
  *bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool WireReader::Next(WireField* field) {
  if (rest_.empty() || !ok_) {
    return false;
  }
  *field = WireField{};
  std::uint64_t tag = 0;
  if (!Varint(&tag)) {
    return false;
  }
  field->number = tag >> 3U;
  std::uint64_t size = 0;
  switch (tag & 7U) {
    case kVarint:
      return Varint(&field->value);
    case kFixed64:
      return Take(8, &field->bytes);
    case kFixed32:
      return Take(4, &field->bytes);
    case kLengthDelimited:
      field->is_bytes = true;
      return Varint(&size) && Take(size, &field->bytes);
    default:
      return Fail();
  }
}

void AddIntegers(const WireField& field, std::vector<std::int64_t>* integers) {
  if (!field.is_bytes) {
    integers->push_back(static_cast<std::int64_t>(field.value));
    return;
  }
  // Packed: one varint behind the other.
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const char each : field.bytes) {
    const auto byte = static_cast<unsigned char>(each);
    value |= static_cast<std::uint64_t>(byte & 0x7fU) << (shift % 64U);
    shift += 7;
    if ((byte & 0x80U) == 0) {
      integers->push_back(static_cast<std::int64_t>(value));
      value = 0;
      shift = 0;
    }
  }
}

std::int64_t IntegerIn(std::string_view message, std::uint64_t number, std::int64_t fallback) {
  WireReader reader(message);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == number && !field.is_bytes) {
      fallback = static_cast<std::int64_t>(field.value);
    }
  }
  return fallback;
}

std::string_view BytesIn(std::string_view message, std::uint64_t number) {
  std::string_view found;
  WireReader reader(message);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == number && field.is_bytes) {
      found = field.bytes;
    }
  }
  return found;
}

}  // namespace rehearse::upgrade::executor
