#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/drivers/load_balancers/haproxy/backends.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "daemon/drivers/load_balancers/haproxy/stats.hpp"
#include "daemon/runtime/measured.hpp"

namespace teal::haproxy {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration command_deadline = 2s;
constexpr Duration delete_patience = 1s;  // idle connections are purged meanwhile
constexpr Duration delete_interval = 10ms;

// Without a `timeout check` in its configuration HAProxy gives a check no longer than its interval: a shorter one would
// call a replica dead that answers within the time its application was given.
Duration check_interval(const spec::HealthCheck& health) { return std::clamp<Duration>(health.timeout, 200ms, 2s); }

// The first check comes after `downinter`: it is what a new server waits for before it takes traffic. `observe`: a
// request that fails to connect has the server checked at once, so that a death is seen in 0.1 s, not in an interval.
// Without the purge delay a dynamic server's connections are not reused. Never "enabled": with 2.6.12 the backend stays
// down once such a server is deleted (haproxy#2497).
constexpr std::string_view check_options =
    "fastinter 50ms downinter 50ms rise 1 fall 2 observe layer4 error-limit 1 on-error fastinter "
    "pool-purge-delay 5s pool-max-conn -1";

class Haproxy final : public ports::LoadBalancer {
 public:
  explicit Haproxy(HaproxyOptions options) : options_(std::move(options)) {}

  awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override {
    if (auto checked = haproxy::check_name("backend", backend); !checked) co_return checked.error();
    auto servers = co_await servers_among(backend, backend);
    // A frontend of the same name hides the backend's statistics: then they are found among those of all.
    if (!servers && servers.error().code == ErrorCode::conflict) servers = co_await servers_among("-1", backend);
    if (servers) co_return servers;
    auto error = within("backend " + backend, servers.error());
    if (error.code != ErrorCode::not_found) co_return error;
    const auto all = co_await ask("backends", "show backend");
    if (all) error.message += haproxy::those_that_there_are(*all, backend);
    co_return error;
  }

  awaitable<Result<std::vector<std::string>>> obstacles(std::string backend) override {
    if (auto checked = haproxy::check_name("backend", backend); !checked) co_return checked.error();
    const auto answer = co_await ask("obstacles", fmt::format("show cli level;show stat {} 2 -1", backend));
    if (!answer) co_return answer.error();
    co_return haproxy::obstacles_in(*answer, backend);
  }

  awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    const auto where = backend + "/" + spec.name;
    if (auto checked = check(backend, spec.name); !checked) co_return checked;
    if (auto checked = haproxy::check_address(spec.address); !checked) co_return checked;
    // One at a time: if the name is taken, the commands after it would change the server that has it.
    auto added = co_await command("add", fmt::format("add server {} {} check inter {}ms {}", where, spec.address,
                                                     check_interval(spec.health).count(), check_options));
    if (!added) co_return added;
    auto enabled = co_await command("add", "enable health " + where);
    if (!enabled) co_return within(where + " is added, but its health check is not enabled", enabled.error());
    auto drained = co_await command("add", fmt::format("set server {} state drain", where));
    if (!drained) co_return within(where + " is added, but in maintenance still", drained.error());
    co_return drained;
  }

  awaitable<Result<void>> admit(std::string backend, std::string name) override {
    if (auto checked = check(backend, name); !checked) co_return checked;
    co_return co_await command("ready", fmt::format("set server {}/{} state ready", backend, name));
  }

  awaitable<Result<void>> drain(std::string backend, std::string name) override {
    if (auto checked = check(backend, name); !checked) co_return checked;
    // An `add` that broke off may have left its check off. It is switched on first: a server that is seen draining is
    // not drained again. One that was configured without a check says so, and that is fine.
    auto enabled = co_await command("drain", fmt::format("enable health {}/{}", backend, name));
    if (!enabled && enabled.error().code != ErrorCode::invalid) co_return enabled;
    co_return co_await command("drain", fmt::format("set server {}/{} state drain", backend, name));
  }

  awaitable<Result<void>> detach(std::string backend, std::string name, bool cut_sessions) override {
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
      // Idle connections are closed on entering maintenance; one that became idle since then would keep the server
      // for as long as its purge delay.
      static_cast<void>(
          co_await command("remove", fmt::format("set server {0} state drain;set server {0} state maint", where)));
    }
  }

 private:
  // `proxy`: whose statistics are asked for; "-1" is everybody's.
  awaitable<Result<std::vector<world::Server>>> servers_among(std::string proxy, std::string backend) {
    const auto answer = co_await ask("servers", fmt::format("show servers state {};show stat {} 4 -1", backend, proxy));
    if (!answer) co_return answer.error();
    co_return haproxy::parse_servers(*answer, backend);
  }

  static Result<void> check(std::string_view backend, std::string_view name) {
    if (auto checked = haproxy::check_name("backend", backend); !checked) return checked;
    return haproxy::check_name("server", name);
  }

  static Result<void> gone_is_fine(const Result<void>& result) {
    if (!result && result.error().message.find("No such server") != std::string::npos) return {};
    return result;
  }

  awaitable<Result<std::string>> ask(std::string_view operation, std::string line) {
    auto call = haproxy::ask(options_.socket_path, std::move(line), command_deadline);
    return runtime::measured(options_.telemetry, "load_balancer", operation, std::move(call));
  }

  awaitable<Result<void>> command(std::string_view operation, std::string line) {
    const auto answer = co_await ask(operation, std::move(line));
    if (!answer) co_return answer.error();
    co_return haproxy::judge(*answer);
  }

  HaproxyOptions options_;
};

}  // namespace

std::unique_ptr<ports::LoadBalancer> make_haproxy(HaproxyOptions options) {
  return std::make_unique<Haproxy>(std::move(options));
}

}  // namespace teal::haproxy
