#include "tests/support/fake_load_balancer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace teal::test {

using boost::asio::awaitable;

namespace {

bool is_name(const std::string& name) {
  constexpr auto allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:";
  return !name.empty() && name.size() <= 102 && name.find_first_not_of(allowed) == std::string::npos;
}

// Good enough to tell an address from a text: numbers, and a port.
bool is_address(const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos) return false;
  if (const int number = std::stoi(port); number < 1 || number > 65535) return false;
  const auto host = address.substr(0, colon);
  if (host.starts_with('[')) return host.ends_with(']') && host.size() > 2;
  return host.find_first_not_of("0123456789.") == std::string::npos;
}

Result<void> check_names(const std::string& backend, const std::string& name) {
  if (!is_name(backend)) return Error{ErrorCode::invalid, "not a backend's name"};
  if (!is_name(name)) return Error{ErrorCode::invalid, "not a server's name"};
  return {};
}

}  // namespace

void FakeLoadBalancer::inject(Fault fault, int nth, std::string operation) {
  injections_.push_back({fault, nth, std::move(operation)});
}

int FakeLoadBalancer::calls(const std::string& operation) const {
  return calls_.contains(operation) ? calls_.at(operation) : 0;
}

FakeLoadBalancer::Outcome FakeLoadBalancer::enter(const std::string& operation) {
  ++calls_[operation];
  settle();
  const Error gone{ErrorCode::unavailable, "connect to /run/fake.sock: Connection refused"};
  Outcome outcome;
  if (!reachable_) outcome.before = gone;
  for (auto& injection : injections_) {
    if (!injection.operation.empty() && injection.operation != operation) continue;
    if (--injection.countdown != 0) continue;
    switch (injection.fault) {
      case Fault::Fail:
        outcome.before = gone;
        break;
      case Fault::LoseAnswer:
        outcome.after = Error{ErrorCode::timed_out, "answer of /run/fake.sock: the deadline passed"};
        break;
      case Fault::BreakOff:
        outcome.breaks_off = true;
        outcome.after = gone;
        if (operation != "attach") outcome.before = gone;
        break;
    }
  }
  std::erase_if(injections_, [](const Injection& injection) { return injection.countdown <= 0; });
  return outcome;
}

template <class T>
Result<T> FakeLoadBalancer::answer(const Outcome& outcome, Result<T> result) {
  if (outcome.after) return *outcome.after;
  return result;
}

void FakeLoadBalancer::changed() {
  ++changes_;
  for (auto& [name, backend] : backends_) backend.shown.reset();
}

void FakeLoadBalancer::settle() {
  const auto now = clock_.now();
  for (auto& [name, backend] : backends_) {
    for (auto& stored : backend.servers) {
      if (!stored.next_at || *stored.next_at > now) continue;
      stored.verdict = healthy_.contains(stored.address);
      stored.next_at.reset();
      changed();
    }
  }
  const auto ends = [&](std::size_t number) {
    auto& session = sessions_[number];
    if (session.ends_at && *session.ends_at <= now) session.state = SessionState::Finished;
    return session.state != SessionState::Running;
  };
  if (std::erase_if(running_, ends) > 0) changed();
}

void FakeLoadBalancer::set_healthy(const std::string& address, bool healthy) {
  settle();
  if (healthy_.contains(address) == healthy) return;
  healthy ? void(healthy_.insert(address)) : void(healthy_.erase(address));
  for (auto& [name, backend] : backends_) {
    for (auto& stored : backend.servers) {
      if (stored.address == address && stored.checked) stored.next_at = clock_.now() + check_delay_;
    }
  }
}

bool FakeLoadBalancer::takes_traffic(const Stored& stored) {
  // As HAProxy has it, a server counts as up until a check says otherwise.
  return stored.intake == world::Intake::Open && stored.verdict.value_or(true);
}

void FakeLoadBalancer::add_errors(const std::string& backend, const std::string& name, std::uint64_t count) {
  if (const auto stored = find(backend, name)) (*stored)->errors += count;
  changed();
}

std::optional<Time> FakeLoadBalancer::next_change() {
  settle();
  std::optional<Time> next;
  const auto consider = [&](const std::optional<Time>& time) {
    if (time) next = next ? std::min(*next, *time) : *time;
  };
  for (const auto& [name, backend] : backends_) {
    for (const auto& stored : backend.servers) consider(stored.next_at);
  }
  for (const auto number : running_) consider(sessions_[number].ends_at);
  return next;
}

void FakeLoadBalancer::switch_check_on(Stored& stored) {
  if (stored.checked) return;
  stored.checked = true;
  stored.next_at = clock_.now() + check_delay_;
}

world::Server FakeLoadBalancer::seen(const std::string& backend, const Stored& stored) const {
  world::Server server;
  server.name = stored.name;
  server.address = stored.address;
  server.intake = stored.intake;
  server.check_passed = stored.verdict.value_or(false);
  server.up = takes_traffic(stored);
  server.sessions =
      sessions_of(backend, stored.name) + (sees_old_processes_ ? sessions_of(backend, stored.name, true) : 0);
  server.check = !stored.checked ? "no check" : !stored.verdict ? "INI" : *stored.verdict ? "L7OK" : "L4CON";
  server.errors = stored.errors;
  return server;
}

Result<FakeLoadBalancer::Backend*> FakeLoadBalancer::find_backend(const std::string& backend) {
  const auto found = backends_.find(backend);
  if (found == backends_.end()) {
    return Error{ErrorCode::not_found,
                 fmt::format("no such backend: {}; it has {}", backend, fmt::join(backends(), ", "))};
  }
  return &found->second;
}

Result<FakeLoadBalancer::Stored*> FakeLoadBalancer::find(const std::string& backend, const std::string& name) {
  if (const auto checked = check_names(backend, name); !checked) return checked.error();
  const auto pool = find_backend(backend);
  if (!pool) return pool.error();
  const auto found = std::ranges::find((*pool)->servers, name, &Stored::name);
  if (found == (*pool)->servers.end()) return Error{ErrorCode::not_found, "no such server: " + name};
  return &*found;
}

Result<void> FakeLoadBalancer::do_attach(const std::string& backend, const ports::ServerSpec& spec, bool breaks_off) {
  if (auto checked = check_names(backend, spec.name); !checked) return checked;
  if (!is_address(spec.address)) return Error{ErrorCode::invalid, "not an address"};
  const auto pool = find_backend(backend);
  if (!pool) return pool.error();
  if (find(backend, spec.name)) {
    return Error{ErrorCode::conflict, "a server with the same name is in the backend: " + spec.name};
  }
  auto& stored = (*pool)->servers.emplace_back();
  stored.name = spec.name;
  stored.address = spec.address;
  changed();
  if (breaks_off) return {};
  stored.intake = world::Intake::Draining;
  switch_check_on(stored);
  return {};
}

Result<void> FakeLoadBalancer::do_detach(const std::string& backend, const std::string& name, bool cut_sessions) {
  const auto stored = find(backend, name);
  if (!stored) {
    const bool gone = stored.error().code == ErrorCode::not_found && backends_.contains(backend);
    return gone ? Result<void>{} : Result<void>{stored.error()};
  }
  (*stored)->intake = world::Intake::Closed;
  changed();
  if (!cut_sessions && sessions_of(backend, name) > 0) {
    return Error{ErrorCode::conflict, "the server still has connections attached to it: " + name};
  }
  std::erase_if(running_, [&](std::size_t number) {
    auto& session = sessions_[number];
    const bool is_its = !session.out_of_sight && session.backend == backend && session.server == name;
    if (is_its) session.state = SessionState::Cut;
    return is_its;
  });
  std::erase_if(backends_[backend].servers, [&](const Stored& one) { return one.name == name; });
  return {};
}

const std::vector<world::Server>& FakeLoadBalancer::look(const std::string& backend) {
  static const std::vector<world::Server> none;
  settle();
  const auto found = backends_.find(backend);
  if (found == backends_.end()) return none;
  auto& shown = found->second.shown;
  if (shown) return *shown;
  shown.emplace();
  for (const auto& stored : found->second.servers) shown->push_back(seen(backend, stored));
  return *shown;
}

awaitable<Result<std::vector<world::Server>>> FakeLoadBalancer::servers(std::string backend) {
  const auto outcome = enter("servers");
  if (!is_name(backend)) co_return Error{ErrorCode::invalid, "not a backend's name"};
  if (outcome.before) co_return *outcome.before;
  if (!legible_) co_return Error{ErrorCode::invalid, "its answer makes no sense"};
  if (const auto pool = find_backend(backend); !pool) co_return pool.error();
  co_return answer<std::vector<world::Server>>(outcome, look(backend));
}

awaitable<Result<std::vector<std::string>>> FakeLoadBalancer::obstacles(std::string backend) {
  if (!reachable_) co_return Error{ErrorCode::unavailable, "connect to /run/fake.sock: Connection refused"};
  if (const auto pool = find_backend(backend); !pool) co_return pool.error();
  co_return obstacles_;
}

awaitable<Result<void>> FakeLoadBalancer::attach(std::string backend, ports::ServerSpec spec) {
  const auto outcome = enter("attach");
  if (auto checked = check_names(backend, spec.name); !checked) co_return checked;
  if (outcome.before) co_return *outcome.before;
  co_return answer(outcome, do_attach(backend, spec, outcome.breaks_off));
}

awaitable<Result<void>> FakeLoadBalancer::admit(std::string backend, std::string name) {
  const auto outcome = enter("admit");
  if (auto checked = check_names(backend, name); !checked) co_return checked;
  if (outcome.before) co_return *outcome.before;
  const auto stored = find(backend, name);
  if (!stored) co_return stored.error();
  (*stored)->intake = world::Intake::Open;
  changed();
  co_return answer<void>(outcome, {});
}

awaitable<Result<void>> FakeLoadBalancer::drain(std::string backend, std::string name) {
  const auto outcome = enter("drain");
  if (auto checked = check_names(backend, name); !checked) co_return checked;
  if (outcome.before) co_return *outcome.before;
  const auto stored = find(backend, name);
  if (!stored) co_return stored.error();
  (*stored)->intake = world::Intake::Draining;
  changed();
  switch_check_on(**stored);
  co_return answer<void>(outcome, {});
}

awaitable<Result<void>> FakeLoadBalancer::detach(std::string backend, std::string name, bool cut_sessions) {
  const auto outcome = enter("detach");
  if (auto checked = check_names(backend, name); !checked) co_return checked;
  if (outcome.before) co_return *outcome.before;
  co_return answer(outcome, do_detach(backend, name, cut_sessions));
}

}  // namespace teal::test
