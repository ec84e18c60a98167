#include "tests/simulation/world.hpp"
#include "tests/simulation/strangers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace teal::simulation {

using namespace std::chrono_literals;

void Trace::say(Time now, const std::string& line) {
  mark(now, line);
  note(now, line);
}

void Trace::note(Time now, const std::string& line) {
  if (!keep) return;
  const auto since = now - Timeline{}.now();
  lines_.push_back(fmt::format("{:>10.3f}s  {}", static_cast<double>(since.count()) / 1000.0, line));
}

World::World(const Scenario& scenario)
    : faults(scenario.seed, scenario.faults), scenario_(scenario), begun_(timeline.now()), random_(scenario.seed, 2) {
  balancers["edge"] = std::make_unique<test::FakeLoadBalancer>(timeline, 300ms);
  balancers["edge2"] = std::make_unique<test::FakeLoadBalancer>(timeline, 2500ms);  // long up before its first check
  balancers["edge2"]->set_sees_old_processes(true);
  Models models;
  models.engine = &engine;
  models.store = &store;
  models.clock = &wall;
  models.has_passed = [this](const std::string& id) { return passed.contains(id); };
  models.is_well = [this](const std::string& id) { return !ailment(id); };
  models.dependency_down_for = [this](const std::string& application) {
    const auto outage = outages_.find(application);
    const bool is_down = outage != outages_.end() && timeline.now() < outage->second.until;
    return is_down ? timeline.now() - outage->second.since : Duration{0};
  };
  models.tells_credential = [](std::string_view text) {
    return text.find("migration_password") != text.npos || text.find("hook_password") != text.npos;
  };
  settle_databases();
  for (auto& [name, database] : databases.all) models.databases[name] = &database.server;
  models.tells_secret = tells_secret;
  models.is_ungranted = [this](const spec::Job& job, const std::string& digest) {
    return databases.all.at(job.database->name).forgotten.contains(work_of(job.name, digest));
  };
  models.lets_pass = [this](const std::string& application, const spec::Analysis& analysis,
                            const records::Revision& revision) { return lets_pass(application, analysis, revision); };
  for (const auto& [name, balancer] : balancers) {
    models.balancers[name] = balancer.get();
    for (const auto& plan : scenario.fleet) {
      for (const auto* pool : {"_api", "_web"}) {
        balancer->add_backend(plan.first.name + pool);
        for (const auto& stranger : names_like_ours(plan.first.name))
          models.strangers.insert(fmt::format("{}/{}{}/{}", name, plan.first.name, pool, stranger));
      }
    }
  }
  monitors = std::make_unique<Monitors>(std::move(models));
  engine.script([this](const ports::ContainerSpec& spec) { return script(spec); });
  for (const auto& plan : scenario.fleet) {
    for (const auto* version : {"1", "2", "3", "4", "5", "1.0", "1.1", "1.2", "2.0", "2.1"}) {
      const auto reference = fmt::format("{}:{}", plan.first.spec.image, version);
      engine.add_remote_image(reference, {"id-" + reference, "digest-" + reference});
    }
  }
  settle_strangers();
}

std::optional<spec::Phase> World::phase(const std::string& application) const {
  const auto* record = store.newest(application);
  return record ? std::optional{record->standing.phase} : std::nullopt;
}

bool World::is_away(const std::string& part) const {
  const auto back = back_at_.find(part);
  return back != back_at_.end() && timeline.now() < back->second;
}

test::FakeEngine::Behaviour World::script(const ports::ContainerSpec& spec) {
  if (spec.role == world::Role::Serve) return script_replica(spec);
  auto behaviour = is_hook(spec) ? script_hook(spec) : script_job(spec);
  if (scenario_.talkative) behaviour.output += said_by_job(spec);
  say(fmt::format("engine: {} created: {}", spec.name,
                  !behaviour.runs_for ? std::string{"will hang"} : fmt::format("will exit {}", behaviour.exit_code)));
  return behaviour;
}

test::FakeEngine::Behaviour World::script_job(const ports::ContainerSpec& spec) {
  test::FakeEngine::Behaviour behaviour;
  const auto now = phase(spec.application);
  behaviour.runs_for = random_.between(Duration{200ms}, Duration{20s});
  behaviour.stops_after = random_.between(Duration{10ms}, Duration{5s});
  behaviour.stop_exit_code = 143;
  behaviour.output = "migrating\n";
  const bool is_flawed = flaw_of(spec) == Flaw::MigrationFails;
  if (is_flawed || faults.strikes(Fault::MigrationFails, 0.3, now)) {
    behaviour.exit_code = 1;
    behaviour.output += "relation exists already\n";
  } else if (faults.strikes(Fault::MigrationHangs, 0.2, now)) {
    behaviour.runs_for.reset();
    if (faults.stream(Fault::MigrationHangs).one_in(2)) behaviour.stops_after.reset();
  } else if (faults.strikes(Fault::MigrationUnknown, 0.2, now)) {
    behaviour.exit_code = 137;
  }
  return behaviour;
}

test::FakeEngine::Behaviour World::script_replica(const ports::ContainerSpec& spec) {
  test::FakeEngine::Behaviour behaviour;
  Profile profile;
  const auto now = phase(spec.application);
  profile.healthy_after = random_.between(Duration{100ms}, Duration{4s});
  behaviour.stops_after = random_.between(Duration{10ms}, Duration{10s});
  if (faults.strikes(Fault::SlowHealth, 0.2, now))
    profile.healthy_after = random_.between(Duration{10s}, Duration{120s});
  if (faults.strikes(Fault::NeverHealthy, 0.1, now)) profile.never = true;
  if (faults.strikes(Fault::BreaksLater, 0.1, now))
    profile.breaks_after = random_.between(Duration{5s}, Duration{120s});
  if (faults.strikes(Fault::CrashesSoon, 0.1, now)) {
    behaviour.runs_for = random_.between(Duration{10ms}, Duration{60s});
    behaviour.exit_code = random_.one_in(3) ? 0 : 1;
    ++ended_by_fault;
  }
  const auto flaw = flaw_of(spec);
  if (flaw == Flaw::NeverHealthy) profile.never = true;
  if (flaw == Flaw::CrashesSoon) {
    behaviour.runs_for = Duration{3s};
    behaviour.exit_code = 1;
    ++ended_by_fault;
  }
  if (faults.strikes(Fault::CannotStart, 0.05, now)) {
    behaviour.cannot_start = "OCI runtime create failed: exec: \"run\": not found";
    ++ended_by_fault;
  }
  profiles_[spec.name] = profile;
  say(fmt::format("engine: {} created{}{}{}{}{}", spec.name, profile.never ? ", will never be healthy" : "",
                  profile.breaks_after ? ", will break" : "", behaviour.runs_for ? ", will crash" : "",
                  profile.healthy_after >= 10s ? ", slow" : "",
                  behaviour.cannot_start.empty() ? "" : ", cannot be started"));
  return behaviour;
}

bool World::is_well(const test::FakeEngine::Stored& stored) const {
  if (stored.seen.state != world::ContainerState::Running || !stored.seen.started_at) return false;
  const auto now = timeline.now();
  const auto outage = outages_.find(stored.seen.application);
  if (outage != outages_.end() && now < outage->second.until) return false;
  const auto found = profiles_.find(stored.seen.name);
  if (found == profiles_.end()) return true;
  const auto& profile = found->second;
  if (profile.never || profile.hangs) return false;
  const auto age = now - *stored.seen.started_at;
  if (age < profile.healthy_after || (profile.breaks_after && age >= *profile.breaks_after)) return false;
  if (now < profile.flaps_until && (now.time_since_epoch() / 3s) % 2 == 0) return false;
  return true;
}

std::optional<std::string> World::ailment(const std::string& id) {
  for (const auto& [name, stored] : engine.containers()) {
    if (stored.seen.id != id) continue;
    if (stored.seen.state != world::ContainerState::Running) return "connection refused";
    if (is_well(stored)) return std::nullopt;
    return scenario_.talkative ? "503: not well with " + said_by_replica(stored) : std::string{"503: not well"};
  }
  return "connection refused";
}

bool World::serves(const std::string& load_balancer, const std::string& backend) {
  const auto& all = balancers.at(load_balancer)->look(backend);
  const auto& containers = engine.containers();
  return std::ranges::any_of(all, [&](const world::Server& server) {
    if (!server.up) return false;
    const auto found = containers.find(server.name);
    return found != containers.end() && found->second.seen.address == server.address && is_well(found->second);
  });
}

void World::set_health(const std::string& address, bool healthy) {
  auto& known = health_[address];
  if (known == healthy) return;
  known = healthy;
  for (const auto& [name, balancer] : balancers) balancer->set_healthy(address, healthy);
}

void World::notify(const std::string& application) {
  if (application.empty()) return;
  const auto tell = [this, application] {
    if (on_event) on_event(application);
  };
  if (!faults.strikes(Fault::MissedEvent, 0.5, phase(application)))
    return timeline.in(Duration{random_.between(1, 20)}, Timeline::world, tell);
  auto& fate = faults.stream(Fault::MissedEvent);
  if (fate.one_in(2)) return;
  // Late, so that others overtake it; and in half of these cases twice.
  if (fate.one_in(2)) timeline.in(Duration{fate.between(1, 20)}, Timeline::world, tell);
  timeline.in(fate.between(Duration{200}, Duration{60'000}), Timeline::world, tell);
}

void World::refresh() {
  if (std::exchange(refreshed_at_, engine.changes() + 1) != engine.changes() + 1) note_changes();
  for (const auto& [name, stored] : engine.containers()) {
    if (!stored.seen.address) continue;
    const auto profile = profiles_.find(name);
    const bool passes = profile != profiles_.end() && profile->second.hangs && profile->second.accepts;
    set_health(*stored.seen.address, passes || is_well(stored));
  }
  monitors->look();
}

// What has begun, ended or gone since the containers were last looked at.
void World::note_changes() {
  const auto now = timeline.now();
  std::map<std::string, Known> known;
  for (const auto& [name, stored] : engine.containers()) {
    const auto& seen = stored.seen;
    const auto key = seen.id.substr(seen.id.size() - 12);  // the rest is the same for all
    auto before = known_.find(key);
    Known is{seen.application, seen.state, seen.address.value_or("")};
    if (before == known_.end() || before->second.state != is.state) {
      trace.mark(now, name);
      if (is.state == world::ContainerState::Exited) say(fmt::format("engine: {} ended ({})", name, *seen.exit_code));
      if (is.state == world::ContainerState::Running) wake_at_turns(profiles_[name]);
      if (seen.role == world::Role::Migrate && is.state != world::ContainerState::Created) note_job(stored);
      notify(seen.application);
    }
    if (before != known_.end() && !before->second.address.empty() && is.address.empty())
      set_health(before->second.address, false);
    known.emplace(key, std::move(is));
  }
  for (const auto& [id, was] : known_) {
    if (known.contains(id)) continue;
    if (!was.address.empty()) set_health(was.address, false);
    notify(was.application);
  }
  known_ = std::move(known);
}

// So that nobody sleeps through it.
void World::wake_at_turns(const Profile& profile) {
  const auto nothing = [] {};
  timeline.in(profile.healthy_after, Timeline::world, nothing);
  if (profile.breaks_after) timeline.in(*profile.breaks_after, Timeline::world, nothing);
}

std::optional<Time> World::next() {
  auto next = timeline.next();
  const auto consider = [&](const std::optional<Time>& time) {
    if (time) next = next ? std::min(*next, *time) : *time;
  };
  consider(engine.next_end());
  for (const auto& [name, balancer] : balancers) consider(balancer->next_change());
  return next;
}

}  // namespace teal::simulation
