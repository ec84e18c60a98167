#include "tests/unit/controllers/world.hpp"

#include <algorithm>

#include "controllers/rollout/adopt_world.hpp"
#include "controllers/rollout/analyse.hpp"

namespace teal::test {

using namespace std::chrono_literals;

World::World() {
  desired.application.name = "shop";
  auto& spec = desired.application.spec;
  spec.version = "1";
  spec.image = "shop";
  spec.rollout.bake = 10s;
  spec::Job job;
  job.name = "default";
  job.command = {"./upgrade_schema.sh", "upgrade"};
  spec.migration.jobs = {job};
  spec::Component api;
  api.name = "api";
  api.replicas = 2;
  api.port = 8000;
  api.load_balancer = spec::LoadBalancerUse{"edge", "shop_api", 60s};
  spec::Component worker;
  worker.name = "worker";
  worker.stop.grace = 620s;
  spec.components = {api, worker};
  job_ends = [](world::Container container) { return container; };
}

void World::edit(const std::function<void(spec::ApplicationSpec&)>& change) {
  change(desired.application.spec);
  desired.generation += 1;
}

std::string World::version_of(const world::Container& container) const {
  if (!container.version.empty()) return container.version;
  if (record->course.target.number == container.revision) return record->course.target.application.spec.version;
  return record->course.active ? record->course.active->application.spec.version : "";
}

// What was resolved for its revision: a version need not bring an image of its own.
std::string World::image_of(const world::Container& container) const {
  for (const auto* revision : {&record->course.target, record->course.active ? &*record->course.active : nullptr}) {
    if (revision && revision->number == container.revision && !revision->image_id.empty()) return revision->image_id;
  }
  return "id-" + container.version;
}

rollout::Observed World::observe() {
  rollout::Observed world;
  world.containers = containers;
  rollout::BackendView view;
  view.load_balancer = "edge";
  view.backend = "shop_api";
  if (load_balancer_down) {
    view.sight = load_balancer_sight;
    view.why = "connect: refused";
  } else {
    view.servers = servers;
  }
  world.backends = {view};
  for (const auto& container : containers) {
    if (container.state == world::ContainerState::Exited)
      world.last_words[container.id] = "last words of " + container.name;
    if (container.role != world::Role::Serve || container.state != world::ContainerState::Running ||
        container.unit != "api")
      continue;
    world::HealthView health;
    const bool is_hung = hung.contains(container.id);
    const bool sick = is_hung || sick_versions.contains(version_of(container));
    health.successes = sick ? 0 : 5;
    health.failures = is_hung ? 50 : sick ? 5 : 0;
    // A version may turn sick after it has been well: those in traffic were well once.
    const bool was_well =
        std::ranges::any_of(servers, [&](const world::Server& one) { return one.name == container.name; });
    health.ever = !sick || (was_well && !never_saw_health);
    health.failing_from = is_hung && not_asked_since ? 1 : 0;
    health.answer = sick ? "503: database unreachable" : "200";
    if (!knows_nothing_of_health) world.health[container.id] = health;
  }
  const auto& spec = record && !rollout::is_newer_than(record, world) ? record->course.target.application.spec
                                                                      : desired.application.spec;
  if (has_image) world.image = world::Image{"id-" + spec.version, "digest-" + spec.version};
  if (spec.engine == "other") world.engine_problem = "spec.engine: moving is not supported yet";
  world.traffic.probes = up() > 0 ? 5 : 0;
  world.traffic.successes = 5;
  if (up() == 0) unserved_at_ = now;
  // The newest probe is up to 200 ms old.
  if (unserved_at_ && now >= *unserved_at_ && now < *unserved_at_ + std::chrono::milliseconds{200}) {
    world.traffic.failed = world.traffic.probes;
    world.traffic.failures = 9;
    world.traffic.successes = 0;
    world.traffic.answer = "503";
  }
  world.traffic_targets = 1;
  if (record) {
    world.migrated_digest = record->course.target.image_digest;
    for (const auto& job : record->jobs) {
      if (migrated.contains(job.job + "@" + record->course.target.image_digest)) world.migrated.insert(job.job);
    }
  }
  world.failures = failures_;
  world.unobserved = unobserved;
  ask_prometheus(world);
  return world;
}

// As an analyst does in the background: at once, then at each interval, keeping the counts of what stays.
void World::ask_prometheus(rollout::Observed& world) {
  world.can_analyse = has_prometheus;
  const auto targets =
      record && has_prometheus ? rollout::analysis_targets(*record) : std::vector<world::AnalysisTarget>{};
  std::erase_if(analysis_,
                [&](const world::AnalysisView& one) { return std::ranges::count(targets, one.target) == 0; });
  const auto value = [&](const std::string& query) -> std::optional<double> {
    const auto found = prometheus.find(query);
    return prometheus_down || found == prometheus.end() ? std::nullopt : std::optional{found->second};
  };
  for (const auto& target : targets) {
    auto view = std::ranges::find(analysis_, target, &world::AnalysisView::target);
    if (view == analysis_.end()) {
      analysis_.emplace_back();
      view = std::prev(analysis_.end());
      view->target = target;
    } else if (now < view->at + target.analysis.interval) {
      continue;
    }
    view->value = value(target.query);
    const auto old = target.old_query.empty() ? std::optional{0.0} : value(target.old_query);
    view->value = view->value && old ? std::optional{*view->value - *old} : std::nullopt;
    view->state = world::judge(target.analysis, view->value);
    view->failures = world::counts_as_failure(target.analysis, view->state) ? view->failures + 1 : 0;
    view->answer = view->value ? std::to_string(*view->value)
                               : std::string{prometheus_down ? "no answer: connection refused" : "it found nothing"};
    view->at = now;
  }
  world.analysis = analysis_;
}

// False when the name is taken, as an engine refuses it.
bool World::create(world::Container container) {
  if (find(container.name)) return false;
  container.id = "c" + std::to_string(next_id_++);
  container.application = "shop";
  container.version = version_of(container);
  container.image_id = image_of(container);
  container.image_digest = "digest-" + container.version;
  container.command_to_end = "engine kill " + container.name;
  containers.push_back(std::move(container));
  return true;
}

void World::run(world::Container& container) {
  container.state = world::ContainerState::Running;
  container.started_at = now;
  if (container.role == world::Role::Migrate) {
    job_starts[container.unit] += 1;
    for (const auto& other : containers) {
      if (other.role == world::Role::Migrate && other.state == world::ContainerState::Running &&
          other.id != container.id) {
        migrators_met = true;
      }
    }
    if (!jobs_that_hang.contains(container.unit)) {
      container.state = world::ContainerState::Exited;
      container.exit_code = 0;
      container.exit_witnessed = true;
      container.finished_at = now;
      container = job_ends(container);
    }
    return;
  }
  if (container.unit == "api") container.address = "127.0.0.1:" + std::to_string(40000 + next_id_);
  if (crashing_versions.contains(version_of(container))) {
    container.state = world::ContainerState::Exited;
    container.exit_code = 1;
    container.finished_at = now;
  }
}

void World::apply(const rollout::Action& action) {
  const auto name = key(action);
  performed.push_back(name);
  for (auto& [prefix, left] : failing_actions) {
    if (!name.starts_with(prefix) || left == 0) continue;
    --left;
    auto& failure = failures_[name];
    failure.error = {failing_code, name + ": scripted failure"};
    failure.count += 1;
    failure.last_at = now;
    return;
  }
  failures_.erase(name);
  const auto server = [&](const std::string& which) { return std::ranges::find(servers, which, &world::Server::name); };
  world::Container container;
  if (const auto* job = std::get_if<rollout::CreateJob>(&action)) {
    container.name = job->container;
    container.unit = job->job;
    container.role = world::Role::Migrate;
    container.revision = job->revision;
    container.index = job->attempt;
    create(container);
  } else if (const auto* start = std::get_if<rollout::StartContainer>(&action)) {
    if (auto* found = find(start->container); found && found->state == world::ContainerState::Created) run(*found);
  } else if (const auto* replica = std::get_if<rollout::RunReplica>(&action)) {
    container.name = replica->container;
    container.unit = replica->component;
    container.revision = replica->revision;
    container.index = replica->index;
    if (create(container)) run(*find(container.name));
  } else if (const auto* stop = std::get_if<rollout::SendStop>(&action)) {
    auto* found = find(stop->container);
    if (!found) return;
    if (!forgets_signals) found->signalled_at = now;
    if (stop->signal == "SIGKILL") return kill(stop->container, 137);
    if (!ignores_stop) kill(stop->container, found->role == world::Role::Migrate ? 143 : 0);
  } else if (const auto* removal = std::get_if<rollout::RemoveContainer>(&action)) {
    std::erase_if(containers, [&](const world::Container& one) { return one.id == removal->id; });
  } else if (const auto* add = std::get_if<rollout::AddServer>(&action)) {
    world::Server fresh;
    fresh.name = add->server;
    fresh.address = add->address;
    fresh.intake = world::Intake::Draining;
    fresh.check_passed = true;
    if (server(add->server) == servers.end()) servers.push_back(fresh);
  } else if (const auto* ready = std::get_if<rollout::ReadyServer>(&action)) {
    if (const auto one = server(ready->server); one != servers.end()) {
      one->intake = world::Intake::Open;
      one->up = true;
      one->by_hand.clear();
      one->undo.clear();
      one->sessions = 0;
    }
  } else if (const auto* drain = std::get_if<rollout::DrainServer>(&action)) {
    if (const auto one = server(drain->server); one != servers.end()) {
      one->intake = world::Intake::Draining;
      one->up = false;
      one->sessions = sessions;
    }
  } else if (const auto* out = std::get_if<rollout::RemoveServer>(&action)) {
    std::erase_if(servers, [&](const world::Server& one) { return one.name == out->server; });
  }
}

bool World::pass() {
  auto decision = rollout::decide(desired, record, observe(), now);
  why = decision.why;
  erased = erased || decision.erase;
  events.insert(events.end(), decision.events.begin(), decision.events.end());
  if (decision.next) {
    if (record && record->course.target.number != decision.next->course.target.number) history.push_back(*record);
    record = decision.next;
    for (const auto& job : record->jobs) {
      if (job.state == records::JobState::Succeeded)
        migrated.insert(job.job + "@" + record->course.target.image_digest);
    }
  }
  if (loses_actions) return true;
  for (const auto& action : decision.actions) apply(action);
  fewest_up = std::min(fewest_up, up());
  for (const auto& one : analysis_) {  // an answer wakes too
    const auto due = one.at + one.target.analysis.interval;
    decision.wake_at = std::min(decision.wake_at.value_or(due), due);
  }
  if (decision.wake_at && *decision.wake_at > now && decision.actions.empty()) now = *decision.wake_at;
  return !decision.actions.empty() || (decision.wake_at && *decision.wake_at <= now);
}

void World::settle(Duration horizon) {
  const auto end = now + horizon;
  for (int i = 0; i < 5000 && now < end; ++i) {
    const auto before = now;
    if (!pass() && now == before) return;
  }
}

bool World::run_to(spec::Phase phase) {
  for (int i = 0; i < 500; ++i) {
    if (record && record->standing.phase == phase) return true;
    pass();
  }
  return false;
}

int World::up() const { return static_cast<int>(std::ranges::count_if(servers, &world::Server::up)); }

std::vector<std::string> World::running(std::string_view unit) const {
  std::vector<std::string> names;
  for (const auto& one : containers) {
    if (one.unit == unit && one.state == world::ContainerState::Running) names.push_back(one.name);
  }
  std::ranges::sort(names);
  return names;
}

bool World::has_event(std::string_view reason) const {
  return std::ranges::any_of(events, [&](const records::Event& event) { return to_string(event.reason) == reason; });
}

world::Container* World::find(std::string_view name) {
  const auto found = std::ranges::find(containers, name, &world::Container::name);
  return found == containers.end() ? nullptr : &*found;
}

void World::kill(std::string_view name, int exit_code) {
  auto* container = find(name);
  container->state = world::ContainerState::Exited;
  container->exit_code = exit_code;
  container->exit_witnessed = true;
  container->finished_at = now;
  container->address.reset();
  for (auto& server : servers) {
    if (server.name == name) server.up = false;
  }
}

}  // namespace teal::test
