#include "daemon/drivers/engines/docker/log_frames.hpp"

#include <algorithm>
#include <utility>
#include <vector>

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

constexpr std::size_t longest_stamp = 36;  // "2026-01-02T15:04:05.000000000+00:00 "

// "2026-01-02T15:04:05.000000000Z ": of our own machine's engine, so it is not looked at closer.
bool is_stamp(std::string_view text) {
  return text.size() > 20 && text.size() <= longest_stamp && text.ends_with(' ') && text[4] == '-' && text[7] == '-' &&
         text[10] == 'T' && text[13] == ':' && text[16] == ':' &&
         std::ranges::all_of(text.substr(0, 4), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void LogTail::keep(std::string_view payload) {
  kept_ += payload;
  // Cut rarely, so that a long log costs no copying for each piece.
  if (kept_.size() <= 2 * max_bytes_ + 4096) return;
  const auto most = kept_.size() - max_bytes_;
  kept_.erase(0, most);
  erased_ += most;
  while (!lines_.empty() && lines_.front().at < erased_) lines_.pop_front();
}

// A long line comes in several frames, each with a time of its own: the first one's counts.
void LogTail::end_stamp() {
  in_stamp_ = false;
  if (!is_stamp(stamp_)) return keep(std::exchange(stamp_, {}));
  const bool begins_line = kept_.empty() ? erased_ == 0 : kept_.back() == '\n';
  stamp_.pop_back();
  if (begins_line) lines_.push_back({erased_ + kept_.size(), std::exchange(stamp_, {})});
  stamp_.clear();
}

void LogTail::keep_stamped(std::string_view payload) {
  while (in_stamp_ && !payload.empty()) {
    stamp_ += payload.front();
    payload.remove_prefix(1);
    if (stamp_.back() == ' ' || stamp_.size() > longest_stamp) end_stamp();
  }
  if (!payload.empty()) keep(payload);
}

void LogTail::feed(std::string_view piece) {
  while (!piece.empty()) {
    if (raw_) {
      keep(piece);
      return;
    }
    if (payload_left_ > 0) {
      const auto count = std::min<std::size_t>(payload_left_, piece.size());
      keep_stamped(piece.substr(0, count));
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
      if (in_stamp_) end_stamp();  // of a frame that held none
      in_stamp_ = stamped_;
      for (std::size_t i = 4; i < 8; ++i) payload_left_ = payload_left_ << 8 | static_cast<unsigned char>(header_[i]);
    }
  }
}

ports::Output LogTail::output() const {
  std::string all;
  std::vector<ports::Output::Line> lines;
  std::size_t done = 0;
  const auto add_to = [&](std::size_t end) {
    all += without_nul(valid_utf8(kept_.substr(done, end - done)));
    done = end;
  };
  for (const auto& line : lines_) {
    add_to(line.at - erased_);
    lines.push_back({all.size(), line.time});
  }
  add_to(kept_.size());
  const auto cut = all.size() - last_bytes(all, max_bytes_).size();
  ports::Output output{all.substr(cut), {}};
  for (auto& line : lines) {
    if (line.at >= cut) output.lines.push_back({line.at - cut, std::move(line.time)});
  }
  return output;
}

std::string LogTail::text() const {
  const auto text = without_nul(valid_utf8(std::string{last_bytes(kept_, max_bytes_)}));
  return std::string{last_bytes(text, max_bytes_)};
}

}  // namespace teal::docker
