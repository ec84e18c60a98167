#include "tests/simulation/exploration/model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/verbs.hpp"

namespace teal::exploration {

using namespace std::chrono_literals;

void end(State& state, Box& box, int exit_code, bool witnessed) {
  model::end(state, state.record.get(), box, exit_code, witnessed);
}

void forget_memory(State& state) {
  model::forget_memory(state);
  state.quiet = false;
  state.wake_at.reset();
}

// Of a job, before it happens.
void note_start(State& state, const rollout::Action& action) {
  const auto* start = std::get_if<rollout::StartContainer>(&action);
  if (!start) return;
  for (const auto& box : state.boxes) {
    const auto& seen = box.seen;
    if (seen.id != start->id || seen.role != world::Role::Migrate || seen.state != world::ContainerState::Created)
      continue;
    const auto* revision = state.revision(seen.revision);
    state.starts[fmt::format("{}@{}@{}", seen.unit, revision ? revision->image_digest : "", seen.revision)] += 1;
  }
}

std::optional<Error> perform(State& state, const Effect& effect, Report& report) {
  check_effect(state, *effect.action, effect.first_half, report);
  if (report.tell && !effect.first_half) report.say("    " + key(*effect.action));
  if (report.tell && effect.first_half) report.say("    (create) " + key(*effect.action));
  note_start(state, *effect.action);
  return model::perform(state, state.record.get(), effect);
}

void Model::want(State& state, std::size_t spec) const {
  auto desired = state.desired ? *state.desired : records::ApplicationRecord{};
  desired.generation = state.desired ? desired.generation + 1 : 1;
  desired.application.name = "a";
  desired.application.spec = scene_.specs.at(spec);
  state.desired = std::make_shared<const records::ApplicationRecord>(std::move(desired));
  state.asked = true;
  state.quiet = false;
}

State Model::begin() const {
  State state;
  want(state, 0);
  if (!scene_.installed) return state;
  Report nothing;
  for (int i = 0; i < 500 && !is_goal(state); ++i) step(state, nothing);
  state.now += 1h;
  want(state, 1);
  return state;
}

bool Model::is_pass_next(const State& state) const {
  return !state.quiet || (state.wake_at && (*state.wake_at <= state.now || under_way(state).empty()));
}

void Model::make_plan(State& state) const {
  auto plan = std::make_shared<Plan>();
  const auto now = state.quiet && state.wake_at ? std::max(state.now, *state.wake_at) : state.now;
  std::optional<records::RolloutRecord> record;
  if (state.record) record = *state.record;
  const auto world = model::observe(state, scene_.specs, *state.desired, state.record.get());
  plan->decision = rollout::decide(*state.desired, record, world, now);
  auto& next = plan->decision.next;
  plan->changed = !record || !next || !same_record(*record, *next);
  if (next) plan->next = state.record && *record == *next ? state.record : std::make_shared<const KeptRecord>(*next);
  state.plan = std::move(plan);
}

void Model::pass(State& state, const Run& run, Report& report) const {
  if (!state.plan) make_plan(state);
  const auto plan = std::exchange(state.plan, nullptr);
  const auto& decision = plan->decision;
  if (state.quiet && state.wake_at && *state.wake_at > state.now) {
    report.say(fmt::format("  … {} later", format_duration(*state.wake_at - state.now)));
    state.now = *state.wake_at;
  }
  for (auto& box : state.boxes) {  // what a teald has heard once it does not unhear
    if (box.heard && state.is_well(box)) box.ever = box.was_well = true;
  }
  check_pass(state, decision, report);
  const bool changed = plan->changed;
  if (decision.next) {
    if (state.record && decision.next->course.target.number > state.record->course.target.number) state.asked = false;
    if (!state.record) state.asked = false;
    state.record = plan->next;
    for (const auto& job : decision.next->jobs) {
      if (job.state == records::JobState::Succeeded)
        state.migrated.insert(job.job + "@" + decision.next->course.target.image_digest);
    }
  }
  state.why = decision.why;
  state.wake_at = decision.wake_at;
  state.quiet = decision.actions.empty() && !changed;
  if (report.tell && (changed || !decision.actions.empty())) {
    report.say(fmt::format("  teald: {} ({}: {})", state.record ? to_string(state.record->standing.phase) : "nothing",
                           to_string(decision.why.reason), decision.why.message));
  }
  const auto effects = model::effects_of(decision.actions);
  for (std::size_t i = 0; i < effects.size(); ++i) {
    const auto& effect = effects[i];
    const int at = static_cast<int>(i);
    if (run.stop_after >= 0 && at >= run.stop_after) break;
    if (run.only >= 0 && at != run.only) continue;
    if (const auto* stop = std::get_if<rollout::SendStop>(effect.action)) {
      state.stop_tries[stop->id] += 1;
    }
    std::optional<Error> error;
    if (at == run.fails) {
      error = Error{ErrorCode::unavailable, "connection refused"};
      report.say("    " + key(*effect.action) + " FAILS");
    } else {
      error = perform(state, effect, report);
      if (at == run.unheard) {
        error = Error{ErrorCode::timed_out, "no answer in time"};
        report.say("      … and its answer is lost");
      }
    }
    note_result(state, *effect.action, error);
    if (error && effect.first_half) ++i;  // what could not be created is not started
  }
  if (run.stop_after >= 0 || run.only >= 0) {
    report.say("  teald is killed and starts anew");
    forget_memory(state);
  }
  if (state.quiet) check_rest(state, report);
  check_state(state, report);
}

void Model::step(State& state, Report& report) const {
  if (is_pass_next(state)) return pass(state, {}, report);
  const auto events = under_way(state);
  for (const auto& event : events) {
    if (report.tell) report.say("  " + text(state, event));
  }
  for (const auto& event : events) happen(state, state.record.get(), event);
  state.quiet = events.empty();
  check_state(state, report);
}

// Which of a pass's effects happen, and whether that is heard of, changes nothing of what it has decided to do.
bool is_of_a_pass(Move::Kind kind) {
  return kind == Move::Kind::Step || kind == Move::Kind::CrashAfter || kind == Move::Kind::CrashBetween ||
         kind == Move::Kind::Fail || kind == Move::Kind::LoseAnswer;
}

void happen_one(State& state, std::size_t which, Report& report) {
  const auto event = under_way(state).at(which);
  if (report.tell) report.say("  " + text(state, event));
  happen(state, state.record.get(), event);
}

State Model::apply(State state, Move move, Report& report) const {
  if (!is_of_a_pass(move.kind)) state.plan.reset();
  switch (move.kind) {
    case Move::Kind::Step:
      step(state, report);
      return state;
    case Move::Kind::Event:
      happen_one(state, move.which, report);
      state.quiet = false;
      check_state(state, report);
      return state;
    case Move::Kind::Heal:
      report.say("  all that was broken is mended");
      state.trouble = {};
      state.quiet = false;
      return state;
    default:
      break;
  }
  state.faults += 1;
  disturb(state, move, report);
  return state;
}

// While something stays broken not everything can become as it is wanted; but a rollout has ended, or says what it
// waits for.
bool is_held(const State& state) {
  const auto reasons = {spec::Reason::SharedDependencyDown, spec::Reason::MigrationStillRunning};
  // On the way back the new ones serve on until the old ones can.
  const auto& record = *state.record;
  const auto& trouble = state.trouble;
  const auto is_among = [&](const std::set<std::string>& versions) {
    return record.course.active && versions.contains(record.course.active->application.spec.version);
  };
  const bool old_cannot =
      record.standing.phase == spec::Phase::RollingBack &&
      (trouble.dependency_down || trouble.full_balancer || is_among(trouble.sick) || is_among(trouble.crashing));
  // A wanted replica that has ended is made anew under its name, which it has as long as it cannot be removed.
  const auto wanted = record.standing.phase == spec::Phase::RollingBack && record.course.active
                          ? record.course.active->number
                          : record.course.target.number;
  const bool name_is_taken = trouble.unremovable && std::ranges::any_of(state.boxes, [&](const Box& box) {
                               return box.seen.role == world::Role::Serve && box.seen.revision == wanted &&
                                      box.seen.state == world::ContainerState::Exited;
                             });
  return records::is_terminal(record.standing.phase) || old_cannot || name_is_taken ||
         std::ranges::any_of(reasons, [&](spec::Reason::Word one) { return state.why.reason == one; });
}

bool Model::is_goal(const State& state, std::string* why_not) const {
  const auto no = [&](const std::string& text) {
    if (why_not) *why_not = text;
    return false;
  };
  if (!state.record) return no("nothing has begun");
  if (!state.quiet) return no("there is still something to do");
  const auto& record = *state.record;
  if (record.orders.paused || record.standing.phase == spec::Phase::AwaitingApproval) return !state.why.message.empty();
  if (state.trouble.any()) return is_held(state) || no(fmt::format("it stays in {}", to_string(record.standing.phase)));
  if (!records::is_terminal(record.standing.phase))
    return no(fmt::format("it stays in {}", to_string(record.standing.phase)));
  if (record.generation != state.desired->generation) return no("the newest spec is not looked at");
  const bool as_wanted =
      record.course.active && record.course.active->application.spec == state.desired->application.spec;
  if (!state.excused && !as_wanted) {
    return no(fmt::format("it ends {} although nothing happened that excuses that", to_string(record.standing.phase)));
  }
  std::size_t replicas = 0;
  std::size_t servers = 0;
  if (record.course.active) {
    for (const auto& component : record.course.active->application.spec.components) {
      for (int index = 0; index < component.replicas; ++index) {
        const auto* box = state.box(spec::container_name("a", component.name, record.course.active->number, index));
        if (!box || box->seen.state != world::ContainerState::Running) return no(component.name + " lacks a replica");
        ++replicas;
        if (!component.load_balancer) continue;
        ++servers;
        const bool up = std::ranges::any_of(
            state.slots, [&](const Slot& one) { return one.seen.name == box->seen.name && state.serves(one); });
        if (!up) return no(box->seen.name + " does not serve");
      }
    }
  }
  if (state.boxes.size() != replicas) return no("a container is left over");
  if (state.slots.size() != servers) return no("a server is left over");
  return true;
}

}  // namespace teal::exploration
