// What may go wrong in a state, and what it does.
#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/rollback/rollback.hpp"
#include "controllers/rollout/verbs.hpp"
#include "tests/simulation/exploration/model.hpp"

namespace teal::exploration {
namespace {

constexpr auto verbs = {records::Verb::Approve, records::Verb::Pause, records::Verb::Resume,
                        records::Verb::Abort,   records::Verb::Retry, records::Verb::Rollback};

std::string_view text(records::Verb verb) {
  switch (verb) {
    case records::Verb::Approve:
      return "approves";
    case records::Verb::Pause:
      return "pauses";
    case records::Verb::Resume:
      return "resumes";
    case records::Verb::Abort:
      return "aborts";
    case records::Verb::Retry:
      return "retries";
    case records::Verb::Rollback:
      return "rolls back";
    case records::Verb::EndJob:
      return "ends a job of";
    case records::Verb::Maintenance:
      return "shows a page instead of";
  }
  return "";
}

// The rollout waits for a person: then what they say is an answer, not a disturbance.
bool is_a_question(const State& state) {
  if (!state.record) return false;
  const auto& record = *state.record;
  return record.orders.paused || record.standing.phase == spec::Phase::AwaitingApproval ||
         record.standing.phase == spec::Phase::RolledBack || record.standing.phase == spec::Phase::Failed;
}

// Going back while a rollout is under way: what that means follows from the record alone.
Result<rollout::VerbOutcome> apply_any(const State& state, records::Verb verb) {
  const records::VerbRequest request{verb, std::nullopt, "ann"};
  if (verb != records::Verb::Rollback) return rollout::apply_verb(*state.record, request, state.now);
  if (records::is_terminal(state.record->standing.phase)) return Error{ErrorCode::conflict, "only with a history"};
  const auto choice = rollout::choose_rollback(*state.desired, *state.record, {*state.record}, std::nullopt);
  if (!choice) return choice.error();
  return roll_back(*state.record, *choice, request, state.now);
}

void toggle(std::set<std::string>& versions, const std::string& version) {
  if (!versions.insert(version).second) versions.erase(version);
}

Move move(Move::Kind kind, std::size_t which = 0) { return {kind, static_cast<unsigned char>(which)}; }

// Deaths of a pass, and failures of what it does.
void add_interruptions(std::vector<Move>& moves, const std::vector<Effect>& effects, const Scene& scene) {
  if (scene.faults.contains(Fault::Crash)) {
    for (std::size_t i = 0; i <= effects.size(); ++i) moves.push_back(move(Move::Kind::CrashAfter, i));
    for (std::size_t i = 1; i < effects.size(); ++i) moves.push_back(move(Move::Kind::CrashBetween, i));
  }
  if (!scene.faults.contains(Fault::Answer)) return;
  for (std::size_t i = 0; i < effects.size(); ++i) {
    moves.push_back(move(Move::Kind::Fail, i));
    moves.push_back(move(Move::Kind::LoseAnswer, i));
  }
}

void add_conditions(std::vector<Move>& moves, const State& state, const Scene& scene) {
  const auto& faults = scene.faults;
  for (std::size_t i = 0; i < scene.specs.size(); ++i) {
    const bool seen = std::any_of(scene.specs.begin(), scene.specs.begin() + static_cast<std::ptrdiff_t>(i),
                                  [&](const auto& one) { return one.version == scene.specs[i].version; });
    if (seen) continue;
    if (faults.contains(Fault::Sickness)) moves.push_back(move(Move::Kind::Flip, i));
    if (faults.contains(Fault::Crashing)) moves.push_back(move(Move::Kind::Crashing, i));
  }
  const auto once = [&](Fault fault, bool there, Move::Kind kind) {
    if (faults.contains(fault) && !there) moves.push_back(move(kind));
  };
  once(Fault::Dependency, state.trouble.dependency_down, Move::Kind::Dependency);
  once(Fault::FullBalancer, state.trouble.full_balancer, Move::Kind::FullBalancer);
  once(Fault::Stubbornness, state.trouble.stubborn, Move::Kind::Stubborn);
  once(Fault::Unremovable, state.trouble.unremovable, Move::Kind::Unremovable);
  once(Fault::LongSessions, state.trouble.long_sessions, Move::Kind::LongSessions);
  once(Fault::JobHangs, state.trouble.job_hangs, Move::Kind::JobHangs);
}

void add_containers(std::vector<Move>& moves, const State& state, const Scene& scene) {
  for (std::size_t i = 0; i < state.boxes.size(); ++i) {
    const auto& seen = state.boxes[i].seen;
    const bool runs = seen.state == world::ContainerState::Running;
    const bool is_job = seen.role == world::Role::Migrate;
    if (scene.faults.contains(Fault::Death) && runs && !is_job) moves.push_back(move(Move::Kind::Die, i));
    if (scene.faults.contains(Fault::Removal)) moves.push_back(move(Move::Kind::Remove, i));
    if (!scene.faults.contains(Fault::JobFailure) || !runs || !is_job) continue;
    for (const auto kind : {Move::Kind::JobFails, Move::Kind::JobKilled, Move::Kind::JobUnseen}) {
      moves.push_back(move(kind, i));
    }
  }
}

}  // namespace

std::vector<Move> Model::moves(const State& state) const {
  std::vector<Move> moves;
  const auto events = under_way(state).size();
  if (events > 1 || !state.quiet) {
    for (std::size_t i = 0; i < events; ++i) moves.push_back(move(Move::Kind::Event, i));
  }
  if (state.trouble.any()) moves.push_back(move(Move::Kind::Heal));
  const bool may_fault = state.faults < scene_.budget;
  if (state.record &&
      (is_a_question(state) ? state.answers < scene_.answers : may_fault && scene_.faults.contains(Fault::Verbs))) {
    for (const auto verb : verbs) {
      if (apply_any(state, verb)) {
        moves.push_back(move(Move::Kind::Verb, static_cast<std::size_t>(verb)));
      }
    }
  }
  if (!may_fault) return moves;

  if (state.plan) add_interruptions(moves, model::effects_of(state.plan->decision.actions), scene_);
  if (state.quiet && scene_.faults.contains(Fault::Crash)) moves.push_back(move(Move::Kind::Crash));
  const auto& faults = scene_.faults;
  if (faults.contains(Fault::Slowness) && state.quiet && events > 0 && state.wake_at) {
    moves.push_back(move(Move::Kind::Timer));
  }
  add_containers(moves, state, scene_);
  if (faults.contains(Fault::Forgetting) && !state.slots.empty()) moves.push_back(move(Move::Kind::Forget));
  if (faults.contains(Fault::Outage) && !state.balancer_down) moves.push_back(move(Move::Kind::Outage));
  add_conditions(moves, state, scene_);
  if (faults.contains(Fault::Edits)) {
    for (std::size_t i = 0; i < scene_.specs.size(); ++i) {
      if (scene_.specs[i] != state.desired->application.spec) moves.push_back(move(Move::Kind::Edit, i));
    }
  }
  return moves;
}

void Model::ask(State& state, Move asked, Report& report) const {
  const auto verb = static_cast<records::Verb>(asked.which);
  if (is_a_question(state)) {
    state.faults -= 1;
    state.answers += 1;
  }
  report.say(fmt::format("* an operator {} the rollout", text(verb)));
  const auto outcome = apply_any(state, verb);
  if (!outcome) return;
  state.record = std::make_shared<const KeptRecord>(outcome->next);
  if (verb == records::Verb::Abort || verb == records::Verb::Rollback) state.excused = true;
  if (verb == records::Verb::Retry) state.asked = true;
  state.quiet = false;
}

void Model::disturb(State& state, Move made, Report& report) const {
  const auto name = [&] { return state.boxes.at(made.which).seen.name; };
  switch (made.kind) {
    case Move::Kind::Step:
    case Move::Kind::Event:
    case Move::Kind::Heal:
      return;
    case Move::Kind::Timer:
      report.say("* nothing of what is under way happens for a while");
      state.excused = true;
      return pass(state, {}, report);
    case Move::Kind::Crash:
      report.say("* teald is killed and starts anew");
      forget_memory(state);
      break;
    case Move::Kind::CrashAfter:
      report.say(fmt::format("* teald is killed after {} effects of this pass:", made.which));
      return pass(state, {.stop_after = made.which}, report);
    case Move::Kind::CrashBetween:
      report.say("* teald is killed when only one effect of this pass has happened:");
      return pass(state, {.only = made.which}, report);
    case Move::Kind::Fail:
      report.say("* an effect of this pass fails:");
      return pass(state, {.fails = made.which}, report);
    case Move::Kind::LoseAnswer:
      report.say("* an answer of this pass is lost:");
      return pass(state, {.unheard = made.which}, report);
    case Move::Kind::Die:
      report.say(fmt::format("* {} dies", name()));
      end(state, state.boxes.at(made.which), 137, true);
      state.excused = true;
      break;
    case Move::Kind::Remove:
      report.say(fmt::format("* somebody removes {}", name()));
      end(state, state.boxes.at(made.which), 137, true);
      state.boxes.erase(state.boxes.begin() + made.which);
      state.excused = true;
      break;
    case Move::Kind::Forget:
      report.say("* the load balancer is reloaded and forgets its servers");
      state.slots.clear();
      break;
    case Move::Kind::Outage:
      report.say("* the load balancer cannot be reached");
      state.balancer_down = true;
      break;
    case Move::Kind::Flip:
      report.say(fmt::format("* the health of version {} flips", scene_.specs.at(made.which).version));
      toggle(state.trouble.sick, scene_.specs.at(made.which).version);
      state.excused = true;
      break;
    case Move::Kind::Dependency:
      report.say("* what all versions need is down");
      state.trouble.dependency_down = true;
      // Old replicas beside it tell that this is not the new version's fault.
      state.excused =
          state.excused || !(state.record && state.record->course.active && rollout::keeps_old(*state.record));
      break;
    case Move::Kind::Crashing:
      report.say(fmt::format("* from now on version {} exits at once, or does not any more",
                             scene_.specs.at(made.which).version));
      toggle(state.trouble.crashing, scene_.specs.at(made.which).version);
      state.excused = true;
      break;
    case Move::Kind::FullBalancer:
      report.say("* the load balancer takes no more servers");
      state.trouble.full_balancer = true;
      state.excused = true;
      break;
    case Move::Kind::Stubborn:
      report.say("* containers ignore the stop signal");
      state.trouble.stubborn = true;
      break;
    case Move::Kind::Unremovable:
      report.say("* nothing can be removed from the engine");
      state.trouble.unremovable = true;
      break;
    case Move::Kind::LongSessions:
      report.say("* requests do not end any more");
      state.trouble.long_sessions = true;
      break;
    case Move::Kind::JobHangs:
      report.say("* the migration does not end");
      state.trouble.job_hangs = true;
      state.excused = true;
      break;
    case Move::Kind::JobFails:
      report.say(fmt::format("* {} fails with exit code 1", name()));
      end(state, state.boxes.at(made.which), 1, true);
      state.excused = true;
      break;
    case Move::Kind::JobKilled:
      report.say(fmt::format("* {} is killed", name()));
      end(state, state.boxes.at(made.which), 137, true);
      state.excused = true;
      break;
    case Move::Kind::JobUnseen:
      report.say(fmt::format("* the engine restarts under {} and reports exit code 0", name()));
      end(state, state.boxes.at(made.which), 0, false);
      state.excused = true;
      break;
    case Move::Kind::Verb:
      return ask(state, made, report);
    case Move::Kind::Edit:
      report.say(fmt::format("* another spec is wanted: number {}, version {}", made.which,
                             scene_.specs.at(made.which).version));
      want(state, made.which);
      break;
  }
  state.quiet = false;
  check_state(state, report);
}

}  // namespace teal::exploration
