#include "daemon/drivers/engines/docker/log_frames.hpp"

#include <algorithm>

namespace teal::docker {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

bool continues(unsigned char byte) { return (byte & 0xc0) == 0x80; }

// The length of the valid sequence at `at`; 0 when there is none. By the table of well-formed sequences in Unicode 15,
// D92: no surrogates, nothing overlong, nothing above U+10FFFF.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto first = byte_at(text, at);
  if (first < 0x80) return first == 0 ? 0 : 1;
  const std::size_t length = first >= 0xc2 && first <= 0xdf   ? 2
                             : (first & 0xf0) == 0xe0         ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || at + length > text.size()) return 0;
  const auto second = byte_at(text, at + 1);
  const unsigned char lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < lowest || second > highest) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!continues(byte_at(text, at + i))) return 0;
  }
  return length;
}

std::string_view last_bytes(std::string_view text, std::size_t count) {
  if (text.size() <= count) return text;
  text.remove_prefix(text.size() - count);
  for (int i = 0; i < 3 && !text.empty() && continues(byte_at(text, 0)); ++i) text.remove_prefix(1);
  return text;
}

}  // namespace

void LogTail::keep(std::string_view payload) {
  kept_ += payload;
  // Cut rarely, so that a long log costs no copying for each piece.
  if (kept_.size() > 2 * max_bytes_ + 4096) kept_.erase(0, kept_.size() - max_bytes_);
}

void LogTail::feed(std::string_view piece) {
  while (!piece.empty()) {
    if (raw_) {
      keep(piece);
      return;
    }
    if (payload_left_ > 0) {
      const auto count = std::min<std::size_t>(payload_left_, piece.size());
      keep(piece.substr(0, count));
      piece.remove_prefix(count);
      payload_left_ -= static_cast<std::uint32_t>(count);
      continue;
    }
    header_[header_size_++] = piece.front();
    piece.remove_prefix(1);
    // [stream, 0, 0, 0, length as 32 bits, most significant first]
    const bool plausible =
        header_size_ == 1 ? (header_[0] >= 0 && header_[0] <= 2) : header_size_ > 4 || header_[header_size_ - 1] == 0;
    if (!plausible) {
      raw_ = true;
      keep({header_.data(), header_size_});
      continue;
    }
    if (header_size_ == header_.size()) {
      header_size_ = 0;
      for (std::size_t i = 4; i < 8; ++i) payload_left_ = payload_left_ << 8 | static_cast<unsigned char>(header_[i]);
    }
  }
}

std::string LogTail::text() const {
  const auto text = valid_utf8(last_bytes(kept_, max_bytes_));
  return std::string{last_bytes(text, max_bytes_)};
}

std::string valid_utf8(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto length = sequence(text, at);
    if (length == 0) {
      result += "\xef\xbf\xbd";
      ++at;
    } else {
      result += text.substr(at, length);
      at += length;
    }
  }
  return result;
}

}  // namespace teal::docker
