// tests/support/wire.h: protobuf values written by field number, without any .proto.
//
// Shape:  what a test says with it is independent of the project's own messages: a wrong number
//         there shows here. Wire and Read know varints and length-delimited fields, which is all
//         that Milvus keeps in etcd.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rehearse::tests {

class Wire {
 public:
  Wire& Int(std::uint64_t field, std::uint64_t value) {
    Varint(field << 3U);
    Varint(value);
    return *this;
  }
  Wire& Text(std::uint64_t field, std::string_view value) {
    Varint((field << 3U) | 2U);
    Varint(value.size());
    bytes_ += value;
    return *this;
  }
  Wire& Message(std::uint64_t field, const Wire& value) { return Text(field, value.bytes_); }
  // KeyValuePair
  Wire& Pair(std::uint64_t field, std::string_view key, std::string_view value) {
    return Message(field, Wire().Text(1, key).Text(2, value));
  }
  [[nodiscard]] const std::string& Bytes() const { return bytes_; }

 private:
  void Varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) {
      bytes_ += static_cast<char>((value & 0x7FU) | 0x80U);
    }
    bytes_ += static_cast<char>(value);
  }
  std::string bytes_;
};

// What stands in a value, by field number; repeated fields have several entries.
class Read {
 public:
  explicit Read(std::string_view bytes) {
    while (!bytes.empty()) {
      const std::uint64_t tag = Varint(bytes);
      const std::uint64_t number = Varint(bytes);
      if ((tag & 7U) == 0) {
        ints_[tag >> 3U].push_back(number);
      } else {
        texts_[tag >> 3U].emplace_back(bytes.substr(0, number));
        bytes.remove_prefix(std::min<std::size_t>(number, bytes.size()));
      }
    }
  }

  // 0 and "" where there is none, as protobuf has it.
  [[nodiscard]] std::uint64_t Int(std::uint64_t field) const {
    const auto at = ints_.find(field);
    return at == ints_.end() ? 0 : at->second.back();
  }
  [[nodiscard]] std::string Text(std::uint64_t field) const {
    const auto at = texts_.find(field);
    return at == texts_.end() ? "" : at->second.back();
  }
  [[nodiscard]] std::vector<std::string> Texts(std::uint64_t field) const {
    const auto at = texts_.find(field);
    return at == texts_.end() ? std::vector<std::string>() : at->second;
  }
  [[nodiscard]] Read Message(std::uint64_t field) const { return Read(Text(field)); }
  [[nodiscard]] bool Has(std::uint64_t field) const {
    return ints_.contains(field) || texts_.contains(field);
  }
  // Repeated KeyValuePairs.
  [[nodiscard]] std::map<std::string, std::string> Pairs(std::uint64_t field) const {
    std::map<std::string, std::string> pairs;
    for (const std::string& pair : Texts(field)) {
      pairs[Read(pair).Text(1)] = Read(pair).Text(2);
    }
    return pairs;
  }

 private:
  static std::uint64_t Varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; !bytes.empty() && shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes[0]);
      bytes.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80U) {
        break;
      }
    }
    return value;
  }
  std::map<std::uint64_t, std::vector<std::uint64_t>> ints_;
  std::map<std::uint64_t, std::vector<std::string>> texts_;
};

}  // namespace rehearse::tests
