#include "tests/support/fake_engine.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::test {

using boost::asio::awaitable;

void FakeEngine::inject(Fault fault, int nth, std::string operation) {
  injections_.push_back({fault, nth, std::move(operation)});
}

int FakeEngine::calls(const std::string& operation) const {
  const auto found = calls_.find(operation);
  return found == calls_.end() ? 0 : found->second;
}

FakeEngine::Outcome FakeEngine::enter(const std::string& operation) {
  ++calls_[operation];
  settle();
  Outcome outcome;
  for (auto& injection : injections_) {
    if (!injection.operation.empty() && injection.operation != operation) continue;
    if (--injection.countdown != 0) continue;
    switch (injection.fault) {
      case Fault::Fail:
        outcome.before =
            Error{ErrorCode::unavailable, "connect to unix:///fake.sock: Connection refused: is Docker running?"};
        break;
      case Fault::LoseAnswer:
        outcome.after = Error{ErrorCode::timed_out, "unix:///fake.sock: no complete answer within 1m"};
        break;
    }
  }
  std::erase_if(injections_, [](const Injection& injection) { return injection.countdown <= 0; });
  return outcome;
}

template <class T>
Result<T> FakeEngine::answer(const Outcome& outcome, Result<T> result) {
  if (outcome.after) return *outcome.after;
  return result;
}

void FakeEngine::finish(Stored& stored, Time at, int exit_code, bool witnessed) {
  ++changes_;
  stored.seen.state = world::ContainerState::Exited;
  stored.seen.finished_at = at;
  stored.seen.exit_code = exit_code;
  stored.seen.address.reset();
  stored.ends_at.reset();
  if (witnessed) stored.die_event = {at, exit_code};
}

void FakeEngine::settle() {
  for (auto& [name, stored] : containers_) {
    if (!stored.ends_at || *stored.ends_at > clock_.now()) continue;
    stored.ended_well = stored.end_code == 0 && stored.kill_events.empty();
    finish(stored, *stored.ends_at, stored.end_code, true);
  }
}

const std::map<std::string, FakeEngine::Stored>& FakeEngine::containers() {
  settle();
  return containers_;
}

std::vector<std::string> FakeEngine::running() {
  std::vector<std::string> names;
  for (const auto& [name, stored] : containers()) {
    if (stored.seen.state == world::ContainerState::Running) names.push_back(name);
  }
  return names;
}

std::optional<Time> FakeEngine::next_end() {
  std::optional<Time> next;
  for (const auto& [name, stored] : containers()) {
    if (stored.ends_at) next = next ? std::min(*next, *stored.ends_at) : *stored.ends_at;
  }
  return next;
}

FakeEngine::Stored* FakeEngine::by_id(const std::string& id) {
  for (auto& [name, stored] : containers_) {
    if (stored.seen.id == id) return &stored;
  }
  return nullptr;
}

Result<std::string> FakeEngine::do_create(ports::ContainerSpec spec) {
  const auto holds = [&](const auto& image) { return image.second.id == spec.image_id; };
  if (std::none_of(images_.begin(), images_.end(), holds)) {
    return Error{ErrorCode::not_found, "No such image: " + spec.image_id};
  }
  if (containers_.contains(spec.name)) {
    return Error{ErrorCode::conflict, fmt::format("Conflict. The container name \"/{}\" is already in use", spec.name)};
  }
  for (const auto& mount : spec.mounts) {
    if (lost_paths_.contains(mount.source)) {
      return Error{ErrorCode::invalid, "bind source path does not exist: " + mount.source};
    }
  }
  for (const auto& [name, value] : spec.env) {
    if (name.empty() || name.find('=') != std::string::npos) {
      return Error{ErrorCode::invalid, fmt::format("\"{}\" cannot be the name of an environment variable", name)};
    }
  }
  Stored stored;
  stored.behaviour = script_ ? script_(spec) : Behaviour{};
  stored.seen.id = fmt::format("{:064x}", next_id_++);
  stored.seen.name = spec.name;
  stored.seen.application = spec.application;
  stored.seen.unit = spec.unit;
  stored.seen.role = spec.role;
  stored.seen.revision = spec.revision;
  stored.seen.index = spec.index;
  stored.seen.image_id = spec.image_id;
  stored.seen.image_digest = spec.image_digest;
  stored.seen.version = spec.version;
  stored.seen.command_to_end = "fake end " + spec.name;
  const auto id = stored.seen.id;
  const auto name = spec.name;
  ++changes_;
  stored.spec = std::move(spec);
  containers_.emplace(name, std::move(stored));
  return id;
}

Result<void> FakeEngine::do_start(const std::string& id) {
  auto* stored = by_id(id);
  if (stored == nullptr) return Error{ErrorCode::not_found, "No such container: " + id};
  auto& seen = stored->seen;
  if (seen.state == world::ContainerState::Running) return {};
  if (seen.started_at) return Error{ErrorCode::conflict, "it was started before and has ended"};
  ++changes_;
  if (!stored->behaviour.cannot_start.empty()) {
    seen.state = world::ContainerState::Exited;
    seen.exit_code = 127;
    seen.engine_error = stored->behaviour.cannot_start;
    return Error{ErrorCode::invalid, seen.engine_error};
  }
  ++stored->starts;
  const auto now = clock_.now();
  seen.state = world::ContainerState::Running;
  seen.started_at = now;
  if (stored->spec.port) seen.address = fmt::format("127.0.0.1:{}", next_port_++);
  if (stored->behaviour.runs_for) {
    stored->ends_at = now + *stored->behaviour.runs_for;
    stored->end_code = stored->behaviour.exit_code;
  }
  return {};
}

Result<void> FakeEngine::do_signal(const std::string& id, const std::string& signal) {
  auto* stored = by_id(id);
  if (stored == nullptr || stored->seen.state != world::ContainerState::Running) return {};
  if (!signal.starts_with("SIG")) return Error{ErrorCode::invalid, "Invalid signal: " + signal};
  const auto now = clock_.now();
  ++changes_;
  stored->signals.push_back(signal);
  if (signal == "SIGKILL") {
    stored->kill_events.push_back(now);
    finish(*stored, now, 137, true);
    return {};
  }
  if (signal != stored->spec.stop_signal) return {};
  stored->kill_events.push_back(now);
  if (!stored->behaviour.stops_after) return {};
  const auto end = now + *stored->behaviour.stops_after;
  if (stored->ends_at && *stored->ends_at <= end) return {};
  stored->ends_at = end;
  stored->end_code = stored->behaviour.stop_exit_code;
  return {};
}

awaitable<Result<std::vector<world::Container>>> FakeEngine::list(std::string application) {
  const auto outcome = enter("list");
  if (outcome.before) co_return *outcome.before;
  std::vector<world::Container> found;
  for (const auto& [name, stored] : containers_) {
    if (!application.empty() && stored.seen.application != application) continue;
    if (owned_by_.contains(name)) continue;
    found.push_back(shown(stored));
  }
  if (keeps_) {
    std::erase_if(kept_, [&](const auto& one) { return application.empty() || one.second.application == application; });
    for (const auto& container : found) kept_[container.name] = container;
    listed_.insert(application);
  }
  co_return answer<std::vector<world::Container>>(outcome, std::move(found));
}

awaitable<Result<world::Image>> FakeEngine::image(std::string reference) {
  const auto outcome = enter("image");
  if (outcome.before) co_return *outcome.before;
  const auto names = [&](const auto& entry) { return entry.first == reference || entry.second.id == reference; };
  const auto found = std::find_if(images_.begin(), images_.end(), names);
  if (found == images_.end()) co_return Error{ErrorCode::not_found, "No such image: " + reference};
  co_return answer<world::Image>(outcome, found->second);
}

awaitable<Result<world::Image>> FakeEngine::pull(std::string reference) {
  const auto outcome = enter("pull");
  if (outcome.before) co_return *outcome.before;
  if (pull_error_) co_return *pull_error_;
  const auto found = remote_.find(reference);
  if (found == remote_.end()) co_return Error{ErrorCode::not_found, "manifest unknown: " + reference};
  images_[reference] = found->second;
  co_return answer<world::Image>(outcome, found->second);
}

awaitable<Result<void>> FakeEngine::discard_image(std::string id) {
  const auto outcome = enter("discard_image");
  if (outcome.before) co_return *outcome.before;
  const auto uses = [&](const auto& entry) { return entry.second.seen.image_id == id; };
  if (std::ranges::any_of(containers_, uses)) co_return Error{ErrorCode::conflict, "a container was made from it"};
  std::erase_if(images_, [&](const auto& entry) { return entry.second.id == id; });
  co_return answer(outcome, Result<void>{});
}

awaitable<Result<std::string>> FakeEngine::create(ports::ContainerSpec spec) {
  const auto outcome = enter("create");
  if (outcome.before) co_return *outcome.before;
  const auto name = spec.name;
  auto id = do_create(std::move(spec));
  keep(name);
  co_return answer(outcome, std::move(id));
}

awaitable<Result<void>> FakeEngine::start(std::string id) {
  const auto outcome = enter("start");
  if (outcome.before) co_return *outcome.before;
  auto started = do_start(id);
  keep_what_has(id);
  co_return answer(outcome, std::move(started));
}

awaitable<Result<void>> FakeEngine::stop(std::string id, std::string signal) {
  const auto outcome = enter("signal");
  if (outcome.before) co_return *outcome.before;
  auto signalled = do_signal(id, signal);
  keep_what_has(id);
  co_return answer(outcome, std::move(signalled));
}

awaitable<Result<void>> FakeEngine::remove(std::string id) {
  const auto outcome = enter("remove");
  if (outcome.before) co_return *outcome.before;
  ++changes_;
  const auto* stored = by_id(id);
  if (const auto stuck = stored ? stuck_.find(stored->seen.name) : stuck_.end(); stuck != stuck_.end()) {
    stuck->second = true;
    co_return Error{ErrorCode::internal, "driver failed to remove root filesystem: device or resource busy"};
  }
  std::erase_if(containers_, [&](const auto& entry) { return entry.second.seen.id == id; });
  std::erase_if(kept_, [&](const auto& entry) { return entry.second.id == id; });
  co_return answer<void>(outcome, {});
}

awaitable<Result<std::string>> FakeEngine::logs(std::string id, std::size_t max_bytes) {
  const auto outcome = enter("logs");
  if (outcome.before) co_return *outcome.before;
  const auto* stored = by_id(id);
  if (stored == nullptr) co_return Error{ErrorCode::not_found, "No such container: " + id};
  if (const auto stuck = stuck_.find(stored->seen.name); stuck != stuck_.end() && stuck->second) {
    co_return Error{ErrorCode::conflict, "can not get logs from container which is dead or marked for removal"};
  }
  const auto& output = stored->behaviour.output;
  const bool ran = stored->seen.started_at.has_value();
  co_return answer<std::string>(outcome, ran ? output.substr(output.size() - std::min(max_bytes, output.size())) : "");
}

}  // namespace teal::test
