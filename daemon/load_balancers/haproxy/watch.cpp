#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>

#include "daemon/load_balancers/haproxy/haproxy.hpp"
#include "daemon/load_balancers/haproxy/runtime_api.hpp"

namespace teal {
namespace {

using namespace std::chrono_literals;

constexpr Duration interval = 100ms;
constexpr Duration deadline = 1s;

// Which process answers: a reload or restart changes it.
std::string process_of(std::string_view info) {
  constexpr std::string_view key = "\nPid: ";
  const auto from = info.find(key);
  if (from == std::string_view::npos) return {};
  const auto text = info.substr(from + key.size());
  return std::string{text.substr(0, text.find_first_not_of("0123456789"))};
}

}  // namespace

boost::asio::awaitable<void> watch_haproxy(HaproxyWatch watch) {
  boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
  std::optional<std::string> process;  // none: it does not answer, or was not asked yet
  bool said_down = false;
  for (;;) {
    const auto info = co_await haproxy::ask(watch.socket_path, "show info", deadline);
    if (info) {
      auto now = process_of(*info);
      if (process != now) {
        if (!process) watch.on_state(true, "");
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

}  // namespace teal
