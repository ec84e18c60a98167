// Protocol buffers, as much as it takes to write a message (fields of text, flags and messages), and to find a field of
// text, or a message, in one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace teal::api {

class ProtoMessage {
 public:
  // A field that is as it is by default is left out, as proto3 does.
  void text(int field, std::string_view text) {
    if (!text.empty()) put(field, text);
  }
  void message(int field, const ProtoMessage& inner) { put(field, inner.bytes_); }
  void flag(int field, bool is_set) {
    if (!is_set) return;
    number(static_cast<std::uint64_t>(field) << 3);
    number(1);
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void put(int field, std::string_view bytes) {
    number(static_cast<std::uint64_t>(field) << 3 | 2);
    number(bytes.size());
    bytes_ += bytes;
  }
  void number(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

// The last field of this number that holds text or a message; empty: there is none, or this is no message. Looks at
// each byte once.
[[nodiscard]] inline std::string_view proto_field(std::string_view message, std::uint64_t wanted) {
  const auto number = [&message]() -> std::uint64_t {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && !message.empty(); shift += 7) {
      const auto byte = static_cast<unsigned char>(message.front());
      message.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    message = {};  // it ends within, or is too long
    return 0;
  };
  std::string_view found;
  while (!message.empty()) {
    const auto tag = number();
    const auto kind = tag & 7;
    if (kind == 0) {
      number();
      continue;
    }
    const std::uint64_t size = kind == 1 ? 8 : kind == 5 ? 4 : kind == 2 ? number() : message.size() + 1;
    if (size > message.size()) return {};
    if (kind == 2 && tag >> 3 == wanted) found = message.substr(0, size);
    message.remove_prefix(size);
  }
  return found;
}

}  // namespace teal::api
