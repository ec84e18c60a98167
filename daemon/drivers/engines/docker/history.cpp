#include "daemon/drivers/engines/docker/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "manifests/foundation/parse_time.hpp"

namespace teal::docker {

boost::asio::awaitable<Result<void>> read_history(Api& api, std::vector<std::string> labels, Time since,
                                                  Witness& witness) {
  const auto text = [](std::int64_t nanoseconds) {
    return fmt::format("{}.{:09}", nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000);
  };
  const auto from = std::chrono::nanoseconds{since.time_since_epoch()}.count();
  const auto now = std::chrono::nanoseconds{std::chrono::system_clock::now().time_since_epoch()}.count();
  // With `until` in the past the engine answers from its record and ends.
  const auto target = fmt::format("/events?since={}&until={}&filters={}", text(std::max<std::int64_t>(from, 1)),
                                  text(now), filters({{"label", labels}, {"event", {"die", "kill", "destroy"}}}));
  const auto response = co_await api.call("events", "GET", target, std::chrono::seconds{10});
  if (!response) co_return response.error();
  if (response->status != 200) co_return refusal(*response);
  Lines lines;
  const auto events = lines.feed(response->body + "\n");
  if (!events) co_return events.error();
  for (const auto& line : *events) {
    const auto event = parse_event(line);
    if (!event) co_return event.error();
    witness.saw(*event);
  }
  co_return Result<void>{};
}

boost::asio::awaitable<Result<std::optional<Time>>> up_since(Api& api) {
  const auto info = co_await api.get("info", "/info");
  if (!info) co_return info.error();
  const auto outlived = Field{*info}["LiveRestoreEnabled"];
  if (!outlived.is_false()) co_return std::optional<Time>{};
  const auto network = co_await api.get("network", "/networks/bridge");
  if (!network && network.error().code == ErrorCode::not_found) co_return std::optional<Time>{};
  if (!network) co_return network.error();
  const auto created = parse_time(Field{*network}["Created"].text().value_or(""));
  if (!created) co_return std::optional<Time>{};
  co_return std::optional<Time>{*created};
}

}  // namespace teal::docker
