#include "tests/unit/controllers/world.hpp"

#include <gtest/gtest.h>

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

void World::want(const std::string& version) {
  edit([&](spec::ApplicationSpec& spec) { spec.version = version; });
}

void World::forget() {
  performed.clear();
  job_starts.clear();
  events.clear();
  watch_traffic();
}

World installed(const std::function<void(spec::ApplicationSpec&)>& change) {
  World world;
  if (change) change(world.desired.application.spec);
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  world.watch_traffic();
  return world;
}

World upgrading(const std::function<void(spec::ApplicationSpec&)>& change) {
  auto world = installed(change);
  world.forget();
  world.want("2");
  return world;
}

std::vector<spec::ApplicationSpec> World::used_specs() const {
  std::vector<spec::ApplicationSpec> used{desired.application.spec};
  if (!record) return used;
  used.push_back(record->course.target.application.spec);
  if (record->course.active) used.push_back(record->course.active->application.spec);
  return used;
}

rollout::Observed World::observe() {
  auto seen = model::observe(*this, used_specs(), desired, on_record());
  for (auto& view : seen.backends) {
    if (balancer_down) view.presence = load_balancer_sight;
    for (auto& server : view.servers) {
      server.unchecked = checks_fail && server.up;
      server.up = server.up && !checks_fail;
    }
  }
  for (const auto& container : seen.containers) {
    if (container.state == world::ContainerState::Exited)
      seen.last_words[container.id] = "last words of " + container.name;
  }
  for (auto& [id, health] : seen.health) {
    const bool is_well = health.failures == 0;
    health.successes = is_well ? 5 : 0;
    health.failures = is_well ? 0 : trouble.hung.contains(id) ? 50 : 5;
    health.answer = is_well ? "200" : "503: database unreachable";
    health.failing_from = trouble.hung.contains(id) && not_asked_since ? 1 : 0;
    health.well_from = is_well && has_just_recovered ? 1 : 0;
    if (never_saw_health) health.ever = is_well;
  }
  if (knows_nothing_of_health) seen.health.clear();
  if (rollout::is_newer_than(record, seen)) seen.image = model::image_of(desired.application.spec);
  if (!has_image) seen.image.reset();
  if (desired.application.spec.engine == "other") seen.engine_problem = "spec.engine: moving is not supported yet";
  seen.unobserved = unobserved;
  observe_traffic(seen);
  ask_prometheus(seen);
  return seen;
}

// Requests through the load balancer, of which the newest is up to 200 ms old.
void World::observe_traffic(rollout::Observed& seen) {
  seen.traffic = {};
  seen.traffic.probes = up() > 0 ? 5 : 0;
  seen.traffic.successes = 5;
  if (up() == 0) unserved_at_ = now;
  const bool was_unserved = unserved_at_ && now >= *unserved_at_ && now < *unserved_at_ + 200ms;
  if (was_unserved || traffic_fails) {
    seen.traffic.failed = seen.traffic.probes;
    seen.traffic.failures = 9;
    seen.traffic.successes = 0;
    seen.traffic.answer = "503";
  }
  seen.traffic_targets = 1;
}

// As an analyst does in the background: at once, then at each interval, keeping the counts of what stays.
void World::ask_prometheus(rollout::Observed& seen) {
  seen.can_analyse = has_prometheus;
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
  seen.analysis = analysis_;
}

std::optional<Error> World::scripted_failure(const std::string& key) {
  for (auto& [prefix, left] : failing_actions) {
    if (!key.starts_with(prefix) || left == 0) continue;
    --left;
    return Error{failing_code, key + ": scripted failure"};
  }
  return std::nullopt;
}

void World::begin_job(world::Container& job) {
  job_starts[job.unit] += 1;
  if (jobs_that_hang.contains(job.unit)) hanging_.insert(job.id);
  migrators_met = migrators_met || std::ranges::any_of(boxes, [&](const model::Box& one) {
                    return one.seen.role == world::Role::Migrate && one.seen.id != job.id &&
                           one.seen.state == world::ContainerState::Running;
                  });
}

void World::apply(const rollout::Action& action) {
  const auto name = key(action);
  performed.push_back(name);
  if (const auto error = scripted_failure(name)) return note_result(*this, action, error);
  note_result(*this, action, perform(*this, on_record(), {&action, false}));
  if (const auto* start = std::get_if<rollout::StartContainer>(&action)) {
    auto* job = find(start->container);
    if (job && job->state == world::ContainerState::Running) begin_job(*job);
  }
  for (auto& box : boxes) box.seen.command_to_end = "engine kill " + box.seen.name;
  if (const auto* ready = std::get_if<rollout::AdmitServer>(&action)) set_sessions(ready->server, 0);
  if (const auto* drain = std::get_if<rollout::DrainServer>(&action)) set_sessions(drain->server, sessions);
  let_happen();
}

void World::set_sessions(const std::string& server, std::optional<int> count) {
  for (auto& slot : slots) {
    if (slot.seen.name == server) slot.seen.sessions = count;
  }
}

bool World::is_held_up(const model::Event& event) const {
  switch (event.kind) {
    case model::Event::Kind::JobEnds:
      return hanging_.contains(boxes[event.index].seen.id);
    case model::Event::Kind::SessionsEnd:
    case model::Event::Kind::BalancerBack:
      return true;
    case model::Event::Kind::Checked:
      return !looks_again && slots[event.index].verdict.has_value();
    case model::Event::Kind::Stops:
    case model::Event::Kind::Answers:
      return false;
  }
  return false;
}

void World::let_happen() {
  for (const auto& event : under_way(*this)) {
    if (is_held_up(event)) continue;
    happen(*this, on_record(), event);
    if (event.kind == model::Event::Kind::JobEnds) {
      auto& job = boxes[event.index].seen;
      job = job_ends(job);
    }
  }
  if (!forgets_signals) return;
  for (auto& box : boxes) box.signals = 0;
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
  let_happen();
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

std::vector<world::Container> World::containers() const {
  std::vector<world::Container> all;
  for (const auto& box : boxes) all.push_back(box.seen);
  return all;
}

std::vector<world::Server> World::servers() const {
  std::vector<world::Server> all;
  for (const auto& slot : slots) all.push_back(model::as_seen(slot));
  return all;
}

int World::up() const { return static_cast<int>(std::ranges::count_if(servers(), &world::Server::up)); }

std::vector<std::string> World::running(std::string_view unit) const {
  std::vector<std::string> names;
  for (const auto& one : containers()) {
    if (one.unit == unit && one.state == world::ContainerState::Running) names.push_back(one.name);
  }
  std::ranges::sort(names);
  return names;
}

bool World::has_event(std::string_view reason) const {
  return std::ranges::any_of(events, [&](const records::Event& event) { return to_string(event.reason) == reason; });
}

world::Container* World::find(std::string_view name) {
  auto* found = box(name);
  return found ? &found->seen : nullptr;
}

void hang_silently(World& world, std::string_view name) {
  world.trouble.hung.insert(world.find(name)->id);
  world.looks_again = false;
}

void World::kill(std::string_view name, int exit_code) {
  end(*this, on_record(), *box(name), exit_code, true);
  for (auto& slot : slots) {
    if (slot.seen.name == name) slot.verdict = false;
  }
}

}  // namespace teal::test
