#include "model/core/bytes.h"

#include <zlib.h>

#include <array>
#include <cstdint>

#include "model/core/check.h"

namespace rehearse {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> MakeReverse() {
  std::array<std::int8_t, 256> reverse{};
  reverse.fill(-1);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    reverse.at(static_cast<unsigned char>(kAlphabet[i])) = static_cast<std::int8_t>(i);
  }
  return reverse;
}
constexpr std::array<std::int8_t, 256> kReverse = MakeReverse();

constexpr int kGzipWindow = 15 + 16;  // zlib: 32 KiB window, gzip framing

}  // namespace

void AppendBase64(std::string& out, std::string_view bytes) {
  const std::size_t start = out.size();
  out.resize(start + (bytes.size() + 2) / 3 * 4, '=');
  char* text = out.data() + start;
  const auto byte = [&](std::size_t i) {
    return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
  };
  std::size_t i = 0;
  for (; i + 2 < bytes.size(); i += 3, text += 4) {
    const std::uint32_t group = (byte(i) << 16U) | (byte(i + 1) << 8U) | byte(i + 2);
    text[0] = kAlphabet[(group >> 18U) & 63U];
    text[1] = kAlphabet[(group >> 12U) & 63U];
    text[2] = kAlphabet[(group >> 6U) & 63U];
    text[3] = kAlphabet[group & 63U];
  }
  if (i < bytes.size()) {  // one or two bytes are left; the padding stands there already
    const std::uint32_t group = (byte(i) << 16U) | (byte(i + 1) << 8U);
    text[0] = kAlphabet[(group >> 18U) & 63U];
    text[1] = kAlphabet[(group >> 12U) & 63U];
    text[2] = i + 1 < bytes.size() ? kAlphabet[(group >> 6U) & 63U] : '=';
  }
}

std::string EncodeBase64(std::string_view bytes) {
  std::string text;
  AppendBase64(text, bytes);
  return text;
}

Result<std::string> DecodeBase64(std::string_view text, std::string_view where) {
  const auto bad = [&](std::size_t at) {
    return BadInput(std::string(where) + ": not base64 at character " + std::to_string(at));
  };
  if (text.size() % 4 != 0) {
    return bad(text.size());
  }
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') {
    ++padding;
  }
  std::string bytes(text.size() / 4 * 3, '\0');
  char* out = bytes.data();
  for (std::size_t i = 0; i < text.size(); i += 4, out += 3) {
    std::int32_t group = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      const bool is_padding = i + k >= text.size() - padding;
      const int value = is_padding ? 0 : kReverse[static_cast<unsigned char>(text[i + k])];
      if (value < 0) {
        return bad(i + k);
      }
      group = (group << 6U) | value;
    }
    out[0] = static_cast<char>(group >> 16U);
    out[1] = static_cast<char>((group >> 8U) & 255);
    out[2] = static_cast<char>(group & 255);
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

bool IsGzip(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

std::string Gzip(std::string_view bytes) {
  z_stream stream{};
  CHECK(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY) ==
        Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> Gunzip(std::string_view bytes, std::string_view where, std::size_t size_max) {
  if (!IsGzip(bytes)) {
    return BadInput(std::string(where) + ": not gzip (expected bytes 1f 8b)");
  }
  z_stream stream{};
  CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 1U << 16U> chunk{};
  int status = Z_OK;
  while (status == Z_OK && out.size() <= size_max) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (out.size() > size_max) {
    return BadInput(std::string(where) + ": gzip stream is larger than " +
                    std::to_string(size_max) + " bytes");
  }
  if (status != Z_STREAM_END) {
    return BadInput(std::string(where) + ": gzip stream is damaged or cut short");
  }
  return out;
}

}  // namespace rehearse
