#include "daemon/api/log_follower.hpp"

#include <algorithm>

namespace teal::api {
namespace {

constexpr std::size_t recognised_by = 2048;

}  // namespace

LogFollower::News LogFollower::take(std::string_view log, bool at_end) {
  News news;
  std::size_t from = given_;
  const bool has_only_grown = log.size() >= given_ && log.substr(0, given_).ends_with(end_);
  if (!has_only_grown) {
    const auto found = log.rfind(end_);
    from = found == std::string_view::npos ? 0 : found + end_.size();
    if (found == std::string_view::npos) news.is_after_gap = true;
  }
  auto to = log.size();
  if (!at_end) {
    const auto line = log.substr(from).rfind('\n');
    to = line == std::string_view::npos ? from : from + line + 1;
  }
  if (to == from && has_only_grown) return {};
  news.text = log.substr(from, to - from);
  given_ = to;
  end_ = log.substr(to - std::min(to, recognised_by), std::min(to, recognised_by));
  return news;
}

}  // namespace teal::api
