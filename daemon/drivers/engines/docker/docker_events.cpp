#include "daemon/drivers/engines/docker/docker_events.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/api.hpp"
#include "daemon/drivers/engines/docker/events.hpp"

namespace teal::docker {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr Duration first_pause = 100ms;
constexpr Duration longest_pause = 5s;
// A connection that is dead without a word is replaced, and all is looked at again.
constexpr Duration longest_silence = 10min;
constexpr Duration between_beats = 10s;

// Says each change of state once.
class State {
 public:
  explicit State(std::function<void(bool, std::string)> report) : report_(std::move(report)) {}
  void is(bool up, const std::string& reason) {
    if (up_ == up) return;
    up_ = up;
    if (report_) report_(up, reason);
  }

 private:
  std::function<void(bool, std::string)> report_;
  std::optional<bool> up_;
};

// False ends the stream: what cannot be read may have been anything.
bool handle(Lines& lines, std::string_view piece, const DockerWatch& watch) {
  const auto whole = lines.feed(piece);
  if (!whole) return false;
  for (const auto& line : *whole) {
    const auto event = docker::parse_event(line);
    if (!event) return false;
    if (watch.inventory) watch.inventory->told(*event);
    watch.on_change(event->application);
  }
  return true;
}

// Of any owner: whose a container is, a pass finds out.
http::Request events_request(const std::string& version) {
  http::Request request;
  request.target =
      version + "/events?filters=" +
      docker::filters({{"type", {"container"}},
                       {"label", {"teal.owner"}},
                       {"event", {"create", "start", "die", "oom", "destroy", "pause", "unpause", "rename"}}});
  return request;
}

// Asks for the version each time: another engine may have come up.
asio::awaitable<Result<http::Response>> follow(http::Client& client, std::function<bool(std::string_view)> on_data,
                                               std::function<void()> on_open) {
  const auto version = co_await docker::negotiate_version(client);
  if (!version) co_return version.error();
  auto request = events_request(*version);
  auto response =
      co_await client.stream(std::move(request), 10s, longest_silence, std::move(on_data), std::move(on_open));
  if (!response) co_return response;
  if (const auto refused = docker::version_refusal(*response, *version)) co_return *refused;
  co_return response;
}

// Ends when the engine does not answer, and says why.
asio::awaitable<Result<http::Response>> feel_pulse(http::Endpoint endpoint) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  http::Client client{timer.get_executor(), std::move(endpoint)};
  for (;;) {
    timer.expires_after(between_beats);
    co_await timer.async_wait(asio::use_awaitable);
    const auto beats = co_await docker::negotiate_version(client);
    if (!beats) co_return Error{ErrorCode::unavailable, beats.error().message};
  }
}

asio::awaitable<Result<http::Response>> first_of(asio::awaitable<Result<http::Response>> followed,
                                                 asio::awaitable<Result<http::Response>> pulse) {
  using namespace asio::experimental::awaitable_operators;
  auto ended = co_await (std::move(followed) || std::move(pulse));
  if (ended.index() == 0) co_return std::move(std::get<0>(ended));
  co_return std::move(std::get<1>(ended));
}

void keep(const DockerWatch& watch, Inventory::Followed followed) {
  if (watch.inventory) watch.inventory->follow(followed);
}

}  // namespace

asio::awaitable<void> watch_docker_events(DockerWatch watch) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  http::Client client{timer.get_executor(), watch.endpoint};
  State state{watch.on_state};
  auto pause = first_pause;
  for (;;) {
    Lines lines;
    bool connected = false;
    bool readable = true;
    std::function<void()> on_open = [&] {
      connected = true;
      state.is(true, "");
      keep(watch, Inventory::Followed::Yes);
      watch.on_change("");
    };
    std::function<bool(std::string_view)> on_data = [&](std::string_view piece) {
      readable = handle(lines, piece, watch);
      return readable;
    };
    auto response =
        co_await first_of(follow(client, std::move(on_data), std::move(on_open)), feel_pulse(watch.endpoint));
    keep(watch, Inventory::Followed::No);
    if (!response && response.error().code == ErrorCode::cancelled) co_return;
    const bool silent = connected && !response && response.error().code == ErrorCode::timed_out;
    if (silent) continue;
    if (connected) pause = first_pause;
    if (!response) {
      state.is(false, docker::unreachable(response.error()).message);
    } else if (response->status >= 400) {
      state.is(false, docker::message_of(*response));
    } else {
      state.is(false, readable ? "the engine ended its event stream" : "the engine's event stream makes no sense");
    }
    timer.expires_after(pause);
    co_await timer.async_wait(asio::use_awaitable);
    pause = std::min(pause * 2, longest_pause);
  }
}

}  // namespace teal::docker
