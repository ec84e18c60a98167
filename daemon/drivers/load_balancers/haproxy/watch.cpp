#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "daemon/drivers/load_balancers/haproxy/releases.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "daemon/drivers/load_balancers/haproxy/wrong_socket.hpp"

namespace teal::haproxy {
namespace {

using namespace std::chrono_literals;

constexpr Duration interval = 100ms;
constexpr Duration deadline = 1s;

}  // namespace

boost::asio::awaitable<void> watch_haproxy(HaproxyWatch watch) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  std::optional<std::string> process;  // none: it does not answer, or was not asked yet
  std::string said_release;
  bool said_down = false;
  for (;;) {
    auto info = co_await haproxy::ask(watch.socket_path, "show info", deadline);
    if (!info && info.error().code == ErrorCode::cancelled) co_return;
    auto now = info ? haproxy::process_of(*info) : std::string{};
    if (info && now.empty())
      info = Error{ErrorCode::invalid, co_await haproxy::not_a_runtime_api(watch.socket_path, *info, deadline)};
    if (info) {
      if (process != now) {
        auto release = haproxy::describe(haproxy::release_of(*info));
        if (!process || release != said_release) watch.on_state(true, release);
        said_release = std::move(release);
        process = std::move(now);
        said_down = false;
        watch.on_change();
      }
    } else if (process || !said_down) {
      process.reset();
      said_down = true;
      watch.on_state(false, info.error().message);
      watch.on_change();
    }
    timer.expires_after(interval);
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
}

}  // namespace teal::haproxy
