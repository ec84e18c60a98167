#include "tests/simulation/monitors/monitors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace teal::simulation {

namespace {

// Its last digits, which are unique here: the engine's ids share their first fifty.
std::string short_id(const std::string& id) { return id.size() > 12 ? id.substr(id.size() - 12) : id; }

}  // namespace

std::string to_text(const Effect& effect) {
  const auto server = fmt::format("server {} in {}/{}", effect.name, effect.load_balancer, effect.backend);
  switch (effect.kind) {
    case Effect::Kind::Create:
      return "create " + effect.name;
    case Effect::Kind::Start:
      return "start " + effect.name;
    case Effect::Kind::Signal:
      return fmt::format("{} to {}", effect.signal, effect.name);
    case Effect::Kind::Remove:
      return "remove " + effect.name;
    case Effect::Kind::AttachServer:
      return "add " + server;
    case Effect::Kind::AdmitServer:
      return "enable " + server;
    case Effect::Kind::DrainServer:
      return "drain " + server;
    case Effect::Kind::DetachServer:
      return fmt::format("delete {}{}", server, effect.cut_sessions ? ", cutting sessions" : "");
  }
  return "";
}

void Monitors::report(Promise promise, const std::string& subject, std::string what) {
  if (!reported_.insert({promise, subject}).second) return;
  violations_.push_back({promise, std::move(what), models_.clock->now()});
}

void Monitors::shown_old(const std::string& application, std::uint64_t moment) {
  auto& seen = seen_[application];
  seen = std::min(seen, moment);
  hindered(application);
  passes_[application].misled = true;
}

bool Monitors::is_strangers(const Effect& effect) const {
  return models_.strangers.contains(fmt::format("{}/{}/{}", effect.load_balancer, effect.backend, effect.name));
}

bool Monitors::is_informed(const std::string& application) const {
  const auto changed = changed_.find(application);
  const auto seen = seen_.find(application);
  return changed == changed_.end() || (seen != seen_.end() && changed->second <= seen->second);
}

void Monitors::before(const Effect& effect) {
  look();
  const auto* stored = effect.id.empty() ? nullptr : by_id(effect.id);
  if (stored && stored->seen.application.empty()) {
    return report(Promise::O2, effect.id,
                  fmt::format("{} of {}, a container of somebody else", to_text(effect), stored->seen.name));
  }
  if (is_strangers(effect)) return report(Promise::O2, effect.name, to_text(effect) + ", a server of somebody else");
  const bool ends = effect.kind == Effect::Kind::Signal || effect.kind == Effect::Kind::Remove;
  if (stored && ends && stored->seen.state == world::ContainerState::Running) note_stop(*stored);
  if (late_ > 0) return;
  switch (effect.kind) {
    case Effect::Kind::Create:
      return before_create(*effect.spec);
    case Effect::Kind::Start:
      if (stored) before_start(*stored);
      return;
    case Effect::Kind::Signal:
      if (stored && stored->seen.state == world::ContainerState::Running) before_signal(*stored, effect.signal);
      return;
    case Effect::Kind::Remove:
      if (stored) before_remove(*stored);
      return;
    case Effect::Kind::AttachServer:
      if (!place_of(effect.name)) report(Promise::O2, effect.name, to_text(effect) + ", which is no name of ours");
      return;
    case Effect::Kind::AdmitServer:
      return before_ready(effect);
    case Effect::Kind::DrainServer:
    case Effect::Kind::DetachServer:
      return before_leaving(effect);
  }
}

void Monitors::after(const Effect& effect) {
  count(effect);
  const auto key = fmt::format("{}/{}/{}", effect.load_balancer, effect.backend, effect.name);
  if (effect.kind == Effect::Kind::DrainServer || effect.kind == Effect::Kind::DetachServer) taking_.erase(key);
  if (effect.kind == Effect::Kind::Remove) alive_.erase(short_id(effect.id));
  if (late_ > 0) {
    const auto place = place_of(effect.name);
    const auto* stored = by_id(effect.id);
    if (place) happened(place->application);
    if (stored) happened(stored->seen.application);
  }
  look_anew();
}

void Monitors::count(const Effect& effect) {
  const auto* stored = by_id(effect.id);
  switch (effect.kind) {
    case Effect::Kind::Create:
      ++counts_.created;
      return;
    case Effect::Kind::Start:
      started_at_[effect.id] = models_.clock->now();
      if (!stored || stored->starts != 1 || !counted_.insert(effect.id).second) return;
      ++(stored->seen.role == world::Role::Migrate ? counts_.migrations_started : counts_.replicas_started);
      return note_start(*stored);
    case Effect::Kind::Signal:
      ++counts_.signals;
      if (stored && stored->seen.role == world::Role::Migrate) ++counts_.job_signals;
      if (stored && stored->signals.size() > 1) ++counts_.repeated_signals;
      return;
    case Effect::Kind::Remove:
      ++counts_.removed;
      return;
    case Effect::Kind::AttachServer:
      ++counts_.servers_added;
      return;
    case Effect::Kind::DetachServer:
      ++counts_.servers_removed;
      return;
    case Effect::Kind::AdmitServer:
    case Effect::Kind::DrainServer:
      return;
  }
}

void Monitors::look() {
  std::uint64_t changes = 1 + models_.engine->changes() + models_.store->changes();
  for (const auto& [name, balancer] : models_.balancers) changes += balancer->changes();
  if (std::exchange(looked_at_, changes) != changes) look_anew();
}

void Monitors::look_anew() {
  look_at_containers();
  look_at_servers();
  note_truth();
}

void Monitors::look_at_containers() {
  std::map<std::string, std::vector<std::string>> migrating;
  std::map<std::pair<std::string, std::string>, std::map<int, std::string>> serving;
  std::map<std::string, bool> alive;
  for (const auto& [name, stored] : models_.engine->containers()) {
    const auto& seen = stored.seen;
    const bool runs = seen.state == world::ContainerState::Running;
    const auto key = short_id(seen.id);
    alive[key] = runs;
    if (!alive_.contains(key)) application_of_[key] = seen.application;
    if (seen.application.empty()) continue;
    if (seen.role == world::Role::Migrate) note_job(stored);
    if (seen.role == world::Role::Migrate && stored.ended_well)
      done_.insert({seen.application, seen.unit, seen.image_id});
    if (!runs) continue;
    if (seen.role == world::Role::Migrate) {
      migrating[seen.application].push_back(name);
    } else {
      serving[{seen.application, seen.unit}][seen.revision] = name;
    }
    if (stored.starts > 1) report(Promise::M1, seen.id, name + " was started twice");
  }
  for (const auto& [application, names] : migrating) {
    if (names.size() > 1) {
      report(Promise::M1, application, fmt::format("{} and {} migrate at the same time", names[0], names[1]));
    }
  }
  for (const auto& [where, revisions] : serving) {
    if (revisions.size() < 2 || !is_stop_first(where.first, where.second)) continue;
    const bool blurred = std::ranges::any_of(revisions, [&](const auto& one) { return blurred_.contains(one.second); });
    if (!blurred) {
      report(Promise::StopFirst, where.first + "/" + where.second,
             fmt::format("{} and {} run at the same time", revisions.begin()->second, revisions.rbegin()->second));
    }
  }
  for (const auto& [id, was] : alive_) {
    const auto now = alive.find(id);
    if (!was || (now != alive.end() && now->second)) continue;
    happened(application_of_[id]);
  }
  alive_ = std::move(alive);
}

void Monitors::look_at_servers() {
  std::map<std::string, bool> taking;
  registered_.clear();
  nowhere_.clear();
  for (const auto& [name, balancer] : models_.balancers) {
    for (const auto& backend : balancer->backends()) {
      for (const auto& server : balancer->look(backend)) {
        const auto key = fmt::format("{}/{}/{}", name, backend, server.name);
        const bool leads_somewhere = replica_of(server) != nullptr;
        const bool takes = server.up && leads_somewhere;
        registered_.emplace_back(server.name, standing_of(server));
        taking[key] = takes;
        if (!leads_somewhere && !models_.strangers.contains(key)) nowhere_.emplace_back(server.name, key);
        const auto before = taking_.find(key);
        if (before == taking_.end() || !before->second || takes) continue;
        if (const auto place = place_of(server.name)) happened(place->application);
      }
    }
  }
  for (const auto& [key, was] : taking_) {
    if (!was || taking.contains(key)) continue;
    if (const auto place = place_of(key.substr(key.rfind('/') + 1))) happened(place->application);
  }
  taking_ = std::move(taking);
}

const test::FakeEngine::Stored* Monitors::by_id(const std::string& id) const {
  for (const auto& [name, stored] : models_.engine->containers()) {
    if (stored.seen.id == id) return &stored;
  }
  return nullptr;
}

const test::FakeEngine::Stored* Monitors::replica_of(const world::Server& server) const {
  const auto& all = models_.engine->containers();
  const auto found = all.find(server.name);
  if (found == all.end()) return nullptr;
  const auto& seen = found->second.seen;
  return seen.state == world::ContainerState::Running && seen.address == server.address ? &found->second : nullptr;
}

// "teal-shop-api-r7-0": both names may hold dashes, so the store has to know the application.
std::optional<Monitors::Place> Monitors::place_of(std::string_view server) const {
  constexpr std::string_view prefix = "teal-";
  const auto tail = server.rfind("-r");
  if (!server.starts_with(prefix) || tail == std::string_view::npos) return std::nullopt;
  const auto numbers = server.substr(tail + 2);
  const auto dash = numbers.find('-');
  const auto is_number = [](std::string_view text) {
    return !text.empty() && text.size() < 9 && text.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (dash == std::string_view::npos || !is_number(numbers.substr(0, dash)) || !is_number(numbers.substr(dash + 1)))
    return std::nullopt;
  const auto stem = server.substr(prefix.size(), tail - prefix.size());
  for (auto split = stem.find('-'); split != std::string_view::npos; split = stem.find('-', split + 1)) {
    Place place;
    place.application = stem.substr(0, split);
    if (!models_.store->application(place.application)) continue;
    place.component = stem.substr(split + 1);
    place.revision = std::stoi(std::string{numbers.substr(0, dash)});
    place.index = std::stoi(std::string{numbers.substr(dash + 1)});
    return place;
  }
  return std::nullopt;
}

const records::Revision* Monitors::revision_of(const std::string& application, int number) const {
  const auto found = models_.store->all_rollouts().find({application, number});
  return found == models_.store->all_rollouts().end() ? nullptr : &found->second.course.target;
}

bool Monitors::is_stop_first(const std::string& application, const std::string& component) const {
  const auto* record = models_.store->newest(application);
  if (!record) return false;
  const auto says_so = [&](const spec::ApplicationSpec& spec) {
    const auto* found = spec::find_component(spec, component);
    return found && found->replace == spec::Replace::StopFirst;
  };
  return says_so(record->course.target.application.spec) ||
         (record->course.active && says_so(record->course.active->application.spec));
}

}  // namespace teal::simulation
