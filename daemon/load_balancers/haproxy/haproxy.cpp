#include "daemon/load_balancers/haproxy/haproxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/load_balancers/haproxy/runtime_api.hpp"
#include "daemon/load_balancers/haproxy/stats.hpp"

namespace teal {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration command_deadline = 2s;
constexpr Duration delete_patience = 1s;  // idle connections are purged meanwhile
constexpr Duration delete_interval = 10ms;

// The first check of a new server comes after at most `inter`, so it also bounds how soon it can take traffic.
Duration check_interval(const HealthCheck& health) { return std::clamp<Duration>(health.interval / 4, 200ms, 1s); }

class Haproxy final : public LoadBalancer {
 public:
  explicit Haproxy(HaproxyOptions options) : options_(std::move(options)) {}

  awaitable<Result<std::vector<Server>>> servers(std::string backend) override {
    if (auto checked = haproxy::check_name("backend", backend); !checked) co_return checked.error();
    const auto answer =
        co_await ask("servers", fmt::format("show servers state {};show stat {} 4 -1", backend, backend));
    if (!answer) co_return answer.error();
    auto servers = haproxy::parse_servers(*answer);
    if (!servers) co_return within("backend " + backend, servers.error());
    co_return servers;
  }

  awaitable<Result<void>> add(std::string backend, ServerSpec spec) override {
    const auto where = backend + "/" + spec.name;
    if (auto checked = check(backend, spec.name); !checked) co_return checked;
    if (auto checked = haproxy::check_address(spec.address); !checked) co_return checked;
    // Never "enabled": with 2.6.12 the backend stays down once such a server is deleted (haproxy#2497). Without the
    // purge delay a dynamic server's connections are not reused.
    auto added = co_await command(
        "add", fmt::format("add server {} {} check inter {}ms fastinter 50ms downinter 100ms rise 1 fall 2 "
                           "pool-purge-delay 5s pool-max-conn -1",
                           where, spec.address, check_interval(spec.health).count()));
    if (!added) co_return added;
    auto enabled = co_await command("add", "enable health " + where);
    if (!enabled) co_return within("its health check", enabled.error());
    co_return co_await command("add", fmt::format("set server {} state drain", where));
  }

  awaitable<Result<void>> ready(std::string backend, std::string name) override {
    if (auto checked = check(backend, name); !checked) co_return checked;
    co_return co_await command("ready", fmt::format("set server {}/{} state ready", backend, name));
  }

  awaitable<Result<void>> drain(std::string backend, std::string name) override {
    if (auto checked = check(backend, name); !checked) co_return checked;
    auto drained = co_await command("drain", fmt::format("set server {}/{} state drain", backend, name));
    if (!drained) co_return drained;
    // An `add` that broke off may have left its check off; a server without one says so, and that is fine.
    static_cast<void>(co_await command("drain", fmt::format("enable health {}/{}", backend, name)));
    co_return drained;
  }

  awaitable<Result<void>> remove(std::string backend, std::string name, bool cut_sessions) override {
    if (auto checked = check(backend, name); !checked) co_return checked;
    const auto where = backend + "/" + name;
    auto out = co_await command("remove", fmt::format("set server {} state maint", where));
    if (!out) co_return gone_is_fine(out);
    if (cut_sessions) {
      auto cut = co_await command("remove", "shutdown sessions server " + where);
      if (!cut) co_return gone_is_fine(cut);
    }
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
    for (Duration waited{0};; waited += delete_interval) {
      auto deleted = co_await command("remove", "del server " + where);
      if (deleted || deleted.error().code != ErrorCode::conflict || waited >= delete_patience) {
        co_return gone_is_fine(deleted);
      }
      timer.expires_after(delete_interval);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }

 private:
  static Result<void> check(std::string_view backend, std::string_view name) {
    if (auto checked = haproxy::check_name("backend", backend); !checked) return checked;
    return haproxy::check_name("server", name);
  }

  static Result<void> gone_is_fine(const Result<void>& result) {
    if (!result && result.error().message.find("No such server") != std::string::npos) return {};
    return result;
  }

  awaitable<Result<std::string>> ask(std::string_view operation, std::string line) {
    const auto begun = std::chrono::steady_clock::now();
    auto answer = co_await haproxy::ask(options_.socket_path, std::move(line), command_deadline);
    if (options_.telemetry) {
      options_.telemetry->dependency("load_balancer", operation, answer ? "ok" : to_string(answer.error().code),
                                     std::chrono::steady_clock::now() - begun);
    }
    co_return answer;
  }

  awaitable<Result<void>> command(std::string_view operation, std::string line) {
    const auto answer = co_await ask(operation, std::move(line));
    if (!answer) co_return answer.error();
    co_return haproxy::judge(*answer);
  }

  HaproxyOptions options_;
};

}  // namespace

std::unique_ptr<LoadBalancer> make_haproxy(HaproxyOptions options) {
  return std::make_unique<Haproxy>(std::move(options));
}

}  // namespace teal
