// Faults that come at any time.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/world.hpp"

namespace teal::simulation {

using namespace std::chrono_literals;

void World::away(const std::string& part, Duration lasts) {
  back_at_[part] = timeline.now() + lasts;
  timeline.in(lasts, Timeline::world, [] {});
}

// The engine's record of what was sent is lost, or looks as if from another time: another signal may follow.
void World::blur_signalled() {
  for (const auto& [name, stored] : engine.containers()) {
    const auto* record = store.newest(stored.seen.application);
    if (record && record->leaving.stopping.contains(stored.seen.id)) monitors->blur(stored.seen.id);
  }
}

std::optional<std::string> World::any_container(const std::string& application, bool jobs) {
  std::vector<std::string> names;
  for (const auto& [name, stored] : engine.containers()) {
    if (stored.seen.application != application || stored.seen.state != world::ContainerState::Running) continue;
    if (stored.seen.role == world::Role::Serve || jobs) names.push_back(name);
  }
  if (names.empty()) return std::nullopt;
  return random_.pick(names);
}

void World::end_one(Fault fault, const std::string& application) {
  const auto name = any_container(application, fault != Fault::ReplicaDies && fault != Fault::ReplicaHangs);
  if (!name) return;
  say(fmt::format("fault: {} {}", to_string(fault), *name));
  faults.struck(fault, phase(application));
  if (fault == Fault::ReplicaHangs) {
    profiles_[*name].hangs = true;
    profiles_[*name].accepts = faults.stream(Fault::ReplicaHangs).one_in(2);
    return engine.hang(*name);
  }
  if (fault == Fault::HealthFlaps) {
    profiles_[*name].flaps_until = timeline.now() + random_.between(Duration{10s}, Duration{90s});
    for (int i = 0; i < 30; ++i) timeline.in(i * 3s, Timeline::world, [] {});
    return;
  }
  ++ended_by_fault;
  if (fault == Fault::ReplicaDies)
    return engine.end(*name, random_.one_in(2) ? 137 : random_.below(2), true, random_.one_in(4));
  if (fault == Fault::ContainerRemoved) return engine.vanish(*name);
  if (random_.one_in(2)) return engine.end(*name, 0, false);
  engine.end_with_a_lie(*name, 0, 1);
}

// Clients that stay long, or have just come.
void World::linger(const std::string& application) {
  for (const auto& [name, balancer] : balancers) {
    for (const auto* pool : {"_api", "_web"}) {
      balancer->open_session(application + pool, random_.between(Duration{1s}, Duration{120s}));
    }
  }
}

// It works, and is read while others change it: answer after answer is torn apart, while clients stay longer than that.
void World::tear_answers(const std::string& balancer, const std::string& application, Duration lasts,
                         const std::function<void(const std::string&)>& struck) {
  struck(balancer + ", whose answers are torn apart");
  for (const auto* pool : {"_api", "_web"}) {
    for (int client = 0; client < 3; ++client) balancers.at(balancer)->open_session(application + pool, lasts + 20s);
  }
  away(answers_of(balancer), lasts);
}

void World::strike(Fault fault, const std::string& application) {
  const auto now = timeline.now();
  const auto here = phase(application);
  const auto struck = [&](const std::string& what) {
    say(fmt::format("fault: {} {}", to_string(fault), what));
    faults.struck(fault, here);
  };
  const auto& balancer = random_.one_in(3) ? "edge2" : "edge";
  switch (fault) {
    case Fault::ReplicaDies:
    case Fault::ReplicaHangs:
    case Fault::ContainerRemoved:
    case Fault::ExitCodeLies:
    case Fault::HealthFlaps:
      return end_one(fault, application);
    case Fault::EngineRestarts:
      struck("");
      for (const auto& [name, stored] : engine.containers()) {
        ended_by_fault += stored.seen.state == world::ContainerState::Running ? 1 : 0;
      }
      away("engine", random_.between(Duration{100ms}, Duration{10s}));
      return engine.restart();
    case Fault::EngineForgets:
      struck("");
      away("engine", random_.between(Duration{100ms}, Duration{10s}));
      blur_signalled();
      return engine.forget_events();
    case Fault::EngineAway: {
      const auto lasts = random_.between(Duration{1s}, Duration{90s});
      const bool is_half_there = lasts.count() % 2 == 0;  // all that it cannot do is to remove: a mount is busy
      struck(is_half_there ? "for removals" : "");
      return away(is_half_there ? removals : "engine", lasts);
    }
    case Fault::BalancerForgets:
      struck(balancer);
      balancers.at(balancer)->reload();
      return post_strangers(balancer);
    case Fault::BalancerRestarts:
      struck(balancer);
      away(balancer, random_.between(Duration{10ms}, Duration{3s}));
      balancers.at(balancer)->restart();
      return post_strangers(balancer);
    case Fault::BalancerAway: {
      const auto lasts = random_.between(Duration{1s}, Duration{90s});
      if (lasts.count() % 2 == 0) return tear_answers(balancer, application, lasts, struck);
      struck(balancer);
      return away(balancer, lasts);
    }
    case Fault::SlotFull:
      struck("");
      slots_free_at_ = now + random_.between(Duration{5s}, Duration{120s});
      return;
    case Fault::DependencyDown: {
      struck(application);
      const auto lasts = random_.between(Duration{2s}, Duration{120s});
      auto& outage = outages_[application];
      if (now >= outage.until) outage.since = now;
      outage.until = now + lasts;
      return timeline.in(lasts, Timeline::world, [] {});
    }
    case Fault::SessionsLinger:
      struck(application);
      return linger(application);
    case Fault::ClockForward:
    case Fault::ClockBack: {
      auto by = random_.one_in(4) ? random_.between(Duration{1min}, Duration{60min})
                                  : random_.between(Duration{10ms}, Duration{30s});
      if (fault == Fault::ClockBack) by = -by;
      struck(fmt::format("by {} ms", by.count()));
      blur_signalled();
      wall.jump(by);
      return monitors->clock_jumped();
    }
    case Fault::Crash:
      struck("");
      return on_crash();
    case Fault::StoreAway:
      struck("");
      return away("store", random_.between(Duration{100ms}, Duration{60s}));
    case Fault::LockLost:
    case Fault::LockTaken:
    case Fault::OtherTeal:
    case Fault::DatabaseAway:
    case Fault::DatabaseRestarts:
    case Fault::DatabaseReadOnly:
    case Fault::DatabaseFull:
    case Fault::PoolerBetween:
    case Fault::UserTooStrong:
      return strike_database(fault, application);
    case Fault::CallFails:
    case Fault::AnswerLost:
    case Fault::AnswerLate:
    case Fault::EffectLate:
    case Fault::Duplicated:
    case Fault::StaleRead:
    case Fault::CannotStart:
    case Fault::SecretMissing:
    case Fault::StoreFails:
    case Fault::StoreConflict:
    case Fault::StoreAnswerLost:
    case Fault::CrashBeforeCall:
    case Fault::CrashAfterCall:
    case Fault::MissedEvent:
    case Fault::SlowHealth:
    case Fault::NeverHealthy:
    case Fault::CrashesSoon:
    case Fault::BreaksLater:
    case Fault::MigrationFails:
    case Fault::MigrationHangs:
    case Fault::MigrationUnknown:
    case Fault::HookFails:
    case Fault::HookHangs:
    case Fault::HookUnknown:
    case Fault::GrantForgotten:
      return;  // these come with calls, or with what is made
  }
}

void World::heal() {
  say("--- the faults are over ---");
  faults.set_active(false);
  healed_ = true;
  for (const auto& name : scenario_.taken_names) {
    const auto& all = engine.containers();
    if (all.contains(name) && all.at(name).seen.application.empty()) engine.vanish(name);
  }
  for (const auto& [where, flaw] : scenario_.flaws)
    engine.clear_image(fmt::format("id-{}:{}", where.first, where.second));
  back_at_.clear();
  outages_.clear();
  slots_free_at_ = {};
  heal_databases();
  for (auto& [name, profile] : profiles_) {
    profile.never = false;
    profile.hangs = false;
    profile.accepts = false;
    profile.breaks_after.reset();
    profile.flaps_until = {};
  }
}

}  // namespace teal::simulation
