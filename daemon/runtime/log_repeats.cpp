#include "daemon/runtime/log_repeats.hpp"

#include <algorithm>

namespace teal::runtime {
namespace {

constexpr std::size_t most_remembered = 512;
constexpr std::size_t longest_remembered = 1024;  // messages that differ only later pass for one

}  // namespace

std::optional<std::uint64_t> Repeats::note(std::string_view application, std::string_view reason,
                                           std::string_view message, Clock::time_point now) {
  std::string key{application};
  key += '\0';
  key += reason;
  key += '\0';
  key += message.substr(0, longest_remembered);
  const std::scoped_lock lock{mutex_};
  const auto found = said_.find(key);
  if (found == said_.end()) {
    make_room(now);
    said_.emplace(std::move(key), Said{now, 0});
    return 0;
  }
  if (now - found->second.at < quiet_) {
    ++found->second.held_back;
    return std::nullopt;
  }
  const auto held_back = found->second.held_back;
  found->second = Said{now, 0};
  return held_back;
}

// What is past and was not held back needs no memory; if that is not enough, the oldest goes.
void Repeats::make_room(Clock::time_point now) {
  if (said_.size() < most_remembered) return;
  std::erase_if(said_,
                [&](const auto& entry) { return now - entry.second.at >= quiet_ && entry.second.held_back == 0; });
  if (said_.size() < most_remembered) return;
  said_.erase(std::ranges::min_element(said_, {}, [](const auto& entry) { return entry.second.at; }));
}

}  // namespace teal::runtime
