#include "daemon/api/log_follower.hpp"

#include <algorithm>

namespace teal::api {
namespace {

constexpr std::size_t recognised_by = 2048;
constexpr std::string_view left_out = "(some lines were written too fast to be followed; they are in the whole log)\n";

}  // namespace

std::string LogFollower::take(std::string_view log, bool at_end) {
  std::string news;
  std::size_t from = given_;
  const bool has_only_grown = log.size() >= given_ && log.substr(0, given_).ends_with(end_);
  if (!has_only_grown) {
    const auto found = log.rfind(end_);
    from = found == std::string_view::npos ? 0 : found + end_.size();
    if (found == std::string_view::npos) news = left_out;
  }
  auto to = log.size();
  if (!at_end) {
    const auto line = log.substr(from).rfind('\n');
    to = line == std::string_view::npos ? from : from + line + 1;
  }
  if (to == from && has_only_grown) return {};
  news += log.substr(from, to - from);
  given_ = to;
  end_ = log.substr(to - std::min(to, recognised_by), std::min(to, recognised_by));
  return news;
}

}  // namespace teal::api
