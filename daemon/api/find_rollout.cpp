#include "daemon/api/find_rollout.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace teal::api {
namespace {

struct RolloutName {
  std::string application;
  int revision = 0;
};

// "shop-eu-7": application names hold dashes themselves.
std::optional<RolloutName> parse_rollout_name(const std::string& name) {
  const auto dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0) return std::nullopt;
  RolloutName parsed;
  parsed.application = name.substr(0, dash);
  const std::string_view digits = std::string_view(name).substr(dash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.revision);
  const bool is_number = error == std::errc{} && end == digits.data() + digits.size() && parsed.revision > 0;
  if (!is_number || digits.front() == '0') return std::nullopt;
  return parsed;
}

}  // namespace

std::string application_of_rollout(const std::string& name) {
  const auto parsed = parse_rollout_name(name);
  return parsed ? parsed->application : std::string{};
}

boost::asio::awaitable<Result<records::RolloutRecord>> find_rollout(Services& services, std::string name) {
  const auto parsed = parse_rollout_name(name);
  Error missing{ErrorCode::not_found, "rollout " + name + " does not exist"};
  if (!parsed) co_return missing;
  // The latest one is on the board as it is on record, or newer.
  const auto view = services.board.find(parsed->application);
  if (view && view->rollout && view->rollout->course.target.number == parsed->revision) co_return *view->rollout;
  auto record = co_await services.store.rollout(parsed->application, parsed->revision);
  if (!record && record.error().code == ErrorCode::not_found) co_return missing;
  co_return record;
}

}  // namespace teal::api
