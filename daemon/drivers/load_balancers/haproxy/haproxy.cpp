#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>

#include "daemon/drivers/load_balancers/haproxy/backends.hpp"
#include "daemon/drivers/load_balancers/haproxy/old_processes.hpp"
#include "daemon/drivers/load_balancers/haproxy/releases.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "daemon/drivers/load_balancers/haproxy/slots.hpp"
#include "daemon/drivers/load_balancers/haproxy/stats.hpp"
#include "daemon/drivers/load_balancers/haproxy/wrong_socket.hpp"
#include "daemon/runtime/measured.hpp"

namespace teal::haproxy {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration command_deadline = 2s;
constexpr Duration delete_patience = 1s;  // idle connections are purged meanwhile
constexpr Duration delete_interval = 10ms;
constexpr Duration address_patience = 1s;  // later releases take a new address over in the background
constexpr Duration address_interval = 5ms;

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
    const auto reading = co_await read(backend);
    if (!reading) co_return co_await explained(backend, reading.error());
    auto servers = haproxy::by_replica(reading->slots);
    auto leftover = co_await look_at_old_processes(backend, reading->process);
    if (!leftover) co_return within("backend " + backend, leftover.error());
    for (auto& server : servers) {
      const auto more = leftover->sessions.extract(server.name);
      if (!more.empty()) server.sessions = server.sessions.value_or(0) + more.mapped();
    }
    leftovers_.insert_or_assign(backend, std::move(*leftover));
    co_return servers;
  }

  awaitable<Result<std::optional<std::uint64_t>>> requests_given(std::string backend) override {
    if (auto checked = haproxy::check_name("backend", backend); !checked) co_return checked.error();
    const auto reading = co_await read_servers(backend);
    if (!reading) co_return reading.error();
    std::uint64_t sum = 0;
    for (const auto& slot : reading->slots) {
      if (!slot.server.requests) co_return std::optional<std::uint64_t>{};
      sum += *slot.server.requests;
    }
    co_return std::optional{sum};
  }

  awaitable<Result<ports::Release>> release() override {
    const auto info = co_await ask("info", "show info");
    if (!info) co_return info.error();
    const auto version = haproxy::version_in(*info);
    if (version.empty()) co_return Error{ErrorCode::unavailable, "what listens there is not a HAProxy"};
    co_return ports::Release{"HAProxy " + version, std::string{haproxy::treatment(haproxy::release_of(*info))}};
  }

  awaitable<Result<std::vector<std::string>>> obstacles(std::string backend) override {
    if (auto checked = haproxy::check_name("backend", backend); !checked) co_return checked.error();
    const auto answer = co_await ask("obstacles", fmt::format("show cli level;show stat {} 2 -1", backend));
    if (!answer) co_return answer.error();
    auto obstacles = haproxy::obstacles_in(*answer, backend);
    const auto algorithm = haproxy::algorithm_in(*answer, backend);
    if (haproxy::takes_servers(algorithm) != haproxy::Takes::ItDepends) co_return obstacles;
    // With an address it would be added; without one HAProxy says no more than whether it may be.
    const auto refusal = co_await ask("obstacles", fmt::format("add server {}/teal-asks", backend));
    if (!refusal) co_return refusal.error();
    if (refusal->find("dynamic load balancing") != std::string::npos)
      obstacles.push_back(haproxy::static_text(algorithm));
    co_return obstacles;
  }

  awaitable<Result<std::vector<std::string>>> remarks(std::string backend) override {
    if (auto checked = haproxy::check_name("backend", backend); !checked) co_return checked.error();
    const auto answer = co_await ask("remarks", fmt::format("show stat {} 6 -1", backend));
    if (!answer) co_return answer.error();
    co_return haproxy::remarks_in(*answer, backend);
  }

  [[nodiscard]] world::Leftover leftover(const std::string& backend) const override {
    const auto found = leftovers_.find(backend);
    return found == leftovers_.end() ? world::Leftover{} : found->second;
  }

  awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    if (auto checked = check(backend, spec.name); !checked) co_return checked;
    if (auto checked = haproxy::check_address(spec.address); !checked) co_return checked;
    const auto release = co_await ask_release();
    if (!release) co_return release.error();
    if (haproxy::deletes_safely(*release)) {
      auto name = spec.name;
      co_return co_await add(std::move(backend), std::move(name), std::move(spec));
    }
    // Two at a time would take the same slot.
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
    while (attaching_) {
      timer.expires_after(1ms);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    const Turn turn{attaching_};
    co_return co_await attach_to_slot(std::move(backend), std::move(spec));
  }

  awaitable<Result<void>> admit(std::string backend, std::string name) override {
    if (auto checked = check(backend, name); !checked) co_return checked;
    const auto slot = co_await find(backend, name);
    if (!slot) co_return slot.error();
    auto line = fmt::format("set server {}/{} state ready", backend, slot->server.name);
    const bool is_undone = slot->server.intake == world::Intake::Open && !slot->server.undo.empty();
    if (is_undone) line = slot->server.undo + ";" + line;
    // Wanted before its check has passed, since nothing else serves: a new server would count as up until its first
    // check, which comes to a slot up to a whole interval later. So it counts as up as well.
    const bool is_early = slot->tenancy && slot->server.intake != world::Intake::Open && !slot->server.check_passed;
    if (is_early) line += fmt::format(";set server {}/{} health up", backend, slot->server.name);
    co_return co_await command("ready", std::move(line));
  }

  awaitable<Result<void>> drain(std::string backend, std::string name) override {
    if (auto checked = check(backend, name); !checked) co_return checked;
    const auto slot = co_await find(backend, name);
    if (!slot) co_return slot.error();
    const auto where = backend + "/" + slot->server.name;
    if (slot->server.intake == world::Intake::Closed) co_return co_await warm_up(where);
    co_return co_await drain_checked(where, fmt::format("set server {} state drain", where));
  }

  awaitable<Result<void>> detach(std::string backend, std::string name, bool cut_sessions) override {
    if (auto checked = check(backend, name); !checked) co_return checked;
    const auto release = co_await ask_release();
    if (!release) co_return release.error();
    if (haproxy::deletes_safely(*release)) co_return co_await remove(backend + "/" + name, cut_sessions);
    const auto slots = co_await look(backend);
    if (!slots) co_return slots.error();
    const auto* slot = haproxy::slot_of(*slots, name);
    if (slot == nullptr) co_return Result<void>{};
    const auto where = backend + "/" + slot->server.name;
    auto out = co_await command("remove", fmt::format("set server {} state maint", where));
    if (!out) co_return gone_is_fine(out);
    if (!cut_sessions) {
      const auto now = co_await look(backend);
      if (!now) co_return now.error();
      const auto* left = haproxy::slot_of(*now, name);
      if (left != nullptr && left->server.sessions != 0) {
        co_return Error{ErrorCode::conflict, where + " still has sessions"};
      }
    } else if (haproxy::cuts_safely(*release)) {
      auto cut = co_await command("remove", "shutdown sessions server " + where);
      if (!cut) co_return gone_is_fine(cut);
    }
    haproxy::Tenancy nobody = slot->tenancy.value_or(haproxy::Tenancy{});
    nobody.replica.clear();
    co_return co_await command("remove", haproxy::tenancy_line(backend, slot->server.name, nobody));
  }

 private:
  struct Reading {
    haproxy::ProcessInfo process;  // that answered
    haproxy::Slots slots;
  };

  // Held by the one that looks for a slot.
  class Turn {
   public:
    explicit Turn(bool& taken) : taken_(taken) { taken_ = true; }
    ~Turn() { taken_ = false; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    bool& taken_;
  };

  // Adds a server that is not there yet.
  awaitable<Result<void>> add(std::string backend, std::string name, ports::ServerSpec spec) {
    const auto where = backend + "/" + name;
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

  awaitable<Result<void>> attach_to_slot(std::string backend, ports::ServerSpec spec) {
    auto slots = co_await look(backend);
    if (!slots) co_return slots.error();
    if (haproxy::slot_of(*slots, spec.name) != nullptr) {
      co_return Error{ErrorCode::conflict, fmt::format("{} has a server of {} already", backend, spec.name)};
    }
    const auto connections = co_await ask("servers", "show servers conn " + backend);
    if (!connections) co_return connections.error();
    haproxy::read_connections(*connections, *slots);
    haproxy::Tenancy tenancy;
    tenancy.replica = spec.name;
    tenancy.check_interval = static_cast<int>(check_interval(spec.health).count());
    const auto* free = haproxy::free_slot(*slots, spec.name, tenancy.check_interval, options_.spare_slots);
    if (free != nullptr) {
      tenancy.errors_before = free->server.errors;
      co_return co_await take(std::move(backend), free->server.name, spec.address, std::move(tenancy));
    }
    // Whose it is comes first: a server that a crash leaves without it would never be found again under another name.
    auto name = haproxy::name_for(*slots, spec.name);
    auto noted = co_await command("add", haproxy::tenancy_line(backend, name, tenancy));
    if (!noted) co_return noted;
    co_return co_await add(std::move(backend), std::move(name), std::move(spec));
  }

  // Gives a free slot to a replica. It stays in maintenance until HAProxy has its new address, so that neither a check
  // nor a request goes to the old one; the change also closes idle connections to it.
  awaitable<Result<void>> take(std::string backend, std::string name, std::string address, haproxy::Tenancy tenancy) {
    const auto where = backend + "/" + name;
    const auto colon = address.rfind(':');
    auto host = address.substr(0, colon);
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    const auto moved =
        co_await ask("add", fmt::format("set server {} addr {} port {}", where, host, address.substr(colon + 1)));
    if (!moved) co_return moved.error();
    if (auto judged = haproxy::judge_address(*moved); !judged) co_return judged;
    if (auto seen = co_await await_address(backend, name, std::move(address)); !seen) co_return seen;
    auto noted = co_await command("add", haproxy::tenancy_line(backend, name, tenancy));
    if (!noted) co_return noted;
    auto weighed = co_await command("add", fmt::format("set server {} weight 100%", where));
    if (!weighed) co_return weighed;
    co_return co_await warm_up(where);
  }

  awaitable<Result<void>> await_address(std::string backend, std::string name, std::string address) {
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor};
    for (Duration waited{0};; waited += address_interval) {
      const auto reading = co_await read_servers(backend);
      if (!reading) co_return reading.error();
      const auto& slots = reading->slots;
      const auto slot = std::ranges::find(slots, name, [](const haproxy::Slot& each) { return each.server.name; });
      if (slot == slots.end()) co_return Error{ErrorCode::not_found, "HAProxy has no server " + name + " any more"};
      if (slot->server.address == address) co_return Result<void>{};
      if (waited >= address_patience) {
        co_return Error{ErrorCode::timed_out, fmt::format("HAProxy still has {}/{} at {} instead of {}", backend, name,
                                                          slot->server.address, address)};
      }
      timer.expires_after(address_interval);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }

  // Out of maintenance into drain. HAProxy would show what the last check before it said, maybe of another replica, and
  // count the server as up: it is down until a check of now has passed.
  awaitable<Result<void>> warm_up(std::string where) {
    auto line = fmt::format("set server {0} state drain;set server {0} health down", where);
    co_return co_await drain_checked(std::move(where), std::move(line));
  }

  // An `add` that broke off may have left its check off. It is switched on first: a server that is seen draining is not
  // drained again. One that was configured without a check says so, and that is fine.
  awaitable<Result<void>> drain_checked(std::string where, std::string line) {
    auto enabled = co_await command("drain", "enable health " + where);
    if (!enabled && enabled.error().code != ErrorCode::invalid) co_return enabled;
    if (!enabled) line = fmt::format("set server {} state drain", where);
    co_return co_await command("drain", std::move(line));
  }

  // Deletes a server, in releases that can.
  awaitable<Result<void>> remove(std::string where, bool cut_sessions) {
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

  awaitable<Result<std::optional<haproxy::Release>>> ask_release() {
    const auto info = co_await ask("info", "show info");
    if (!info) co_return info.error();
    co_return haproxy::release_of(*info);
  }

  awaitable<Result<haproxy::Slots>> look(std::string backend) {
    auto reading = co_await read(std::move(backend));
    if (!reading) co_return reading.error();
    co_return std::move(reading->slots);
  }

  awaitable<Result<Reading>> read(std::string backend) {
    auto reading = co_await read_servers(backend);
    if (!reading) co_return reading.error();
    std::string answers;
    for (auto& question : haproxy::tenancy_questions(backend, reading->slots)) {
      const auto answer = co_await ask("servers", "show info;" + question);
      if (!answer) co_return answer.error();
      // Another process's servers are other ones, whatever their names.
      if (haproxy::read_info(*answer).pid != reading->process.pid) co_return reloaded();
      answers += *answer;
    }
    if (auto known = haproxy::read_tenancies(backend, answers, reading->slots); !known) co_return known.error();
    co_return reading;
  }

  // Error: not_found.
  awaitable<Result<haproxy::Slot>> find(std::string backend, std::string replica) {
    const auto slots = co_await look(backend);
    if (!slots) co_return slots.error();
    const auto* slot = haproxy::slot_of(*slots, replica);
    if (slot == nullptr) co_return Error{ErrorCode::not_found, fmt::format("{} has no server of {}", backend, replica)};
    co_return *slot;
  }

  // As HAProxy names them, without whose they are.
  awaitable<Result<Reading>> read_servers(std::string backend) {
    auto reading = co_await read_servers_among(backend, backend);
    // A frontend of the same name hides the backend's statistics: then they are found among those of all.
    if (!reading && reading.error().code == ErrorCode::conflict) reading = co_await read_servers_among("-1", backend);
    co_return reading;
  }

  // `proxy`: whose statistics are asked for; "-1" is everybody's.
  awaitable<Result<Reading>> read_servers_among(std::string proxy, std::string backend) {
    // One connection, hence one process: what it says of itself and of its servers belongs together.
    const auto answer =
        co_await ask("servers", fmt::format("show info;show servers state {};show stat {} 4 -1", backend, proxy));
    if (!answer) co_return answer.error();
    Reading reading;
    reading.process = haproxy::read_info(*answer);
    auto servers = haproxy::parse_servers(*answer, backend);
    if (servers) {
      reading.slots = haproxy::as_slots(std::move(*servers));
      co_return reading;
    }
    const bool is_haproxys = !reading.process.pid.empty() || answer->find("srv_admin_state") != std::string::npos ||
                             servers.error().code == ErrorCode::not_found || servers.error().code == ErrorCode::denied;
    if (is_haproxys) co_return servers.error();
    auto why = co_await haproxy::not_a_runtime_api(options_.socket_path, *answer, command_deadline);
    co_return Error{ErrorCode::invalid, std::move(why)};
  }

  // Errors: what cannot be right about `haproxy.master`. A master that does not answer is none: then nobody counts.
  awaitable<Result<world::Leftover>> look_at_old_processes(std::string backend, haproxy::ProcessInfo present) {
    world::Leftover leftover;
    if (!options_.master_path.empty()) {
      auto sessions = co_await haproxy::old_sessions(options_.master_path, present.pid, backend, command_deadline);
      if (sessions) {
        leftover.sessions = std::move(*sessions);
        co_return leftover;
      }
      if (sessions.error().code == ErrorCode::conflict && (co_await was_replaced(present.pid))) {
        co_return reloaded();
      }
      const bool is_wrong = sessions.error().code == ErrorCode::conflict || sessions.error().code == ErrorCode::invalid;
      if (is_wrong) co_return Error{ErrorCode::invalid, sessions.error().message};
      leftover.why = fmt::format("haproxy.master: {}", sessions.error().message);
    } else {
      leftover.why = fmt::format(
          "its process began {} ago, and what an older one still has under way is seen only through `haproxy: "
          "{{master: "
          "unix:…}}` in teald.yaml",
          format_duration(present.uptime));
    }
    if (options_.clock) leftover.uncounted_before = options_.clock->now() - present.uptime;
    co_return leftover;
  }

  awaitable<bool> was_replaced(std::string pid) {
    const auto info = co_await ask("servers", "show info");
    co_return !info || haproxy::read_info(*info).pid != pid;
  }

  // With those backends that there are, where this one is not.
  awaitable<Error> explained(std::string backend, Error error) {
    error = within("backend " + backend, std::move(error));
    if (error.code != ErrorCode::not_found) co_return error;
    const auto all = co_await ask("backends", "show backend");
    if (all) error.message += haproxy::existing_backends(*all, backend);
    co_return error;
  }

  static Error reloaded() { return {ErrorCode::unavailable, "HAProxy was reloaded while it was looked at"}; }

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
  bool attaching_ = false;
  std::map<std::string, world::Leftover> leftovers_;  // by backend
};

}  // namespace

std::unique_ptr<ports::LoadBalancer> make_haproxy(HaproxyOptions options) {
  return std::make_unique<Haproxy>(std::move(options));
}

}  // namespace teal::haproxy
