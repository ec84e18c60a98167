#include "daemon/drivers/engines/docker/log_frames.hpp"

#include <algorithm>

#include "manifests/foundation/text.hpp"

namespace teal::docker {
namespace {

// Text columns and terminals dislike it.
std::string without_nul(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) c == '\0' ? result.append(replacement_character) : result.append(1, c);
  return result;
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
  const auto text = without_nul(valid_utf8(std::string{last_bytes(kept_, max_bytes_)}));
  return std::string{last_bytes(text, max_bytes_)};
}

}  // namespace teal::docker
