#include "controllers/plan/model/rehearse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controllers/rollout/outcome_text.hpp"
#include "controllers/rollout/policy.hpp"
#include "controllers/rollout/verbs.hpp"

namespace teal::model {
namespace {

using namespace std::chrono_literals;

// Whether anything went on by itself.
bool let_happen(World& world, const records::RolloutRecord* record) {
  const auto events = under_way(world);
  for (const auto& event : events) happen(world, record, event);
  return !events.empty();
}

void add_replica(World& world, const records::RolloutRecord& record, const spec::Component& component, int index) {
  const auto& active = *record.course.active;
  const auto name = spec::container_name(record.application, component.name, active.number, index);
  const rollout::Action run = rollout::RunReplica{active.number, component.name, index, name};
  note_result(world, run, perform(world, &record, {&run, false}));
  if (!component.load_balancer) return;
  const auto address = world.box(name)->seen.address.value_or("");
  const auto& use = *component.load_balancer;
  const rollout::Action add = rollout::AttachServer{use.name, use.backend, name, address, component.health};
  note_result(world, add, perform(world, &record, {&add, false}));
  const rollout::Action ready = rollout::AdmitServer{use.name, use.backend, name};
  note_result(world, ready, perform(world, &record, {&ready, false}));
}

class Play {
 public:
  Play(records::ApplicationRecord desired, std::optional<records::RolloutRecord> record, World world,
       const std::vector<spec::ApplicationSpec>& used, const Script& script)
      : desired_(std::move(desired)),
        record_(std::move(record)),
        world_(std::move(world)),
        used_(used),
        script_(script) {
    if (record_) known_ = std::make_shared<const records::RolloutRecord>(*record_);
    if (record_ && !records::is_terminal(record_->standing.phase)) told_.rollouts.push_back(*record_);
  }

  Rehearsal play() {
    for (int i = 0; i < script_.most_passes && !told_.came_to_rest; ++i) pass();
    if (ends_with_suspension()) told_.steps.pop_back();
    told_.record = std::move(record_);
    return std::move(told_);
  }

 private:
  void pass() {
    const auto* before = record_ ? &*record_ : nullptr;
    auto decision = rollout::decide(desired_, record_, observe(world_, used_, desired_, before), world_.now);
    told_.why = decision.why;
    const bool changed = decision.next && (!record_ || !(*decision.next == *record_));
    if (changed) remember(std::move(*decision.next));
    const auto* now = record_ ? &*record_ : nullptr;
    for (const auto& effect : effects_of(decision.actions)) {
      note_result(world_, *effect.action, perform(world_, now, effect));
    }
    const bool goes_on = let_happen(world_, now);
    if (decision.erase) {
      record_.reset();
      told_.came_to_rest = true;
    } else if (!decision.actions.empty()) {
      const auto phase = record_ ? record_->standing.phase : spec::Phase::Pending;
      told_.steps.push_back({world_.now, phase, decision.why, std::move(decision.actions), Wait::Nothing, known_});
    } else if (is_first_of_several()) {
      told_.came_to_rest = true;
    } else if (!goes_on) {
      wait(decision.wake_at, changed);
    }
  }

  void remember(records::RolloutRecord next) {
    if (!record_ || next.course.target.number != record_->course.target.number) told_.rollouts.push_back(next);
    for (const auto& job : next.jobs) {
      if (job.state == records::JobState::Succeeded)
        world_.migrated.insert(job.job + "@" + next.course.target.image_digest);
    }
    record_ = std::move(next);
    known_ = std::make_shared<const records::RolloutRecord>(*record_);
  }

  // What is left takes time, a person, or there is nothing.
  void wait(std::optional<Time> wake_at, bool changed) {
    const auto what = awaited();
    const bool is_asked =
        what == Wait::Approval || what == Wait::Resume || what == Wait::Retry || what == Wait::Suspension;
    if (is_asked) {
      tell(what);
      told_.came_to_rest = !script_.people_answer || !answer(what);
    } else if (what == Wait::Change) {
      tell(what);
      told_.came_to_rest = true;
    } else if (what == Wait::Nothing && is_probing()) {
      world_.now += 200ms;
    } else if (wake_at && *wake_at > world_.now) {
      tell(what);
      world_.now = *wake_at;
    } else if (!changed) {
      tell(what);
      told_.came_to_rest = true;
    }
  }

  [[nodiscard]] Wait awaited() const {
    const bool stands = !record_ || records::is_terminal(record_->standing.phase);
    if (stands && !desired_.deleting && desired_.application.spec.suspend) return Wait::Suspension;
    if (!record_ || desired_.deleting) return Wait::Nothing;
    // Of one that fails in the rehearsal nobody would ask for another try.
    if (stands && told_.rollouts.empty() && !rollout::not_retried(desired_, record_).empty()) return Wait::Retry;
    if (stands) return Wait::Nothing;
    if (record_->orders.paused) return record_->outcome.failure.empty() ? Wait::Resume : Wait::Retry;
    if (record_->standing.phase == spec::Phase::AwaitingApproval && !record_->orders.approved) return Wait::Approval;
    if (waits_for_others()) return Wait::Change;
    if (record_->standing.patience.since != world_.now) return Wait::Nothing;
    switch (record_->standing.patience.excuse) {
      case records::Excuse::NotAllowedYet:
        return world_.engine_problem.empty() && rollout::upgrade_verdict(*record_).allowed ? Wait::Window
                                                                                           : Wait::Change;
      case records::Excuse::Baking:
        return Wait::Bake;
      case records::Excuse::KeepingOld:
        return Wait::OldKept;
      default:
        return Wait::Nothing;
    }
  }

  // Before anything is migrated; only whoever looks after the load balancer or the engine can end that.
  [[nodiscard]] bool waits_for_others() const {
    const auto& reason = told_.why.reason;
    if (reason == spec::Reason::EngineDiskFull) return true;
    return !world_.unfit.empty() &&
           (reason == spec::Reason::BackendNotFound || reason == spec::Reason::BackendNotUsable ||
            reason == spec::Reason::LoadBalancerUnavailable);
  }

  // A wait that goes on is told once.
  void tell(Wait what) {
    if (what == Wait::Nothing) return;
    const bool goes_on = !told_.steps.empty() && told_.steps.back().wait == what;
    if (goes_on) return;
    const auto phase = record_ ? record_->standing.phase : spec::Phase::Pending;
    told_.steps.push_back({world_.now, phase, told_.why, {}, what, known_});
  }

  bool answer(Wait what) {
    if (--answers_left_ < 0) return false;
    if (what == Wait::Suspension) {
      desired_.application.spec.suspend = false;
      return true;
    }
    records::VerbRequest request;
    request.verb = what == Wait::Approval ? records::Verb::Approve
                   : what == Wait::Resume ? records::Verb::Resume
                                          : records::Verb::Retry;
    auto outcome = rollout::apply_verb(*record_, request, world_.now);
    if (!outcome) return false;
    record_ = std::move(outcome->next);
    known_ = std::make_shared<const records::RolloutRecord>(*record_);
    return true;
  }

  // Requests through the load balancers go on, and have no timer but the phase's deadline.
  bool is_probing() { return record_ && record_->standing.phase == spec::Phase::Verifying && --probes_left_ > 0; }

  [[nodiscard]] bool is_first_of_several() const {
    return script_.one_rollout && !told_.rollouts.empty() && record_ &&
           record_->standing.phase == spec::Phase::Complete && !record_->course.final_version.empty();
  }

  [[nodiscard]] bool ends_with_suspension() const {
    return script_.people_answer && !told_.steps.empty() && told_.steps.back().wait == Wait::Suspension &&
           !desired_.application.spec.suspend && told_.rollouts.empty();
  }

  records::ApplicationRecord desired_;
  std::optional<records::RolloutRecord> record_;
  std::shared_ptr<const records::RolloutRecord> known_;
  World world_;
  const std::vector<spec::ApplicationSpec>& used_;
  const Script& script_;
  Rehearsal told_;
  int answers_left_ = 10;
  int probes_left_ = 100;
};

}  // namespace

World steady_world(const std::optional<records::RolloutRecord>& record, Time now) {
  World world;
  world.now = now - std::chrono::hours{1};
  if (record && record->course.active) {
    for (const auto& component : record->course.active->application.spec.components) {
      for (int index = 0; index < component.replicas; ++index) add_replica(world, *record, component, index);
    }
    let_happen(world, &*record);
  }
  world.now = now;
  return world;
}

Rehearsal rehearse(records::ApplicationRecord desired, std::optional<records::RolloutRecord> record, World world,
                   const std::vector<spec::ApplicationSpec>& used, const Script& script) {
  if (record) record->made.clear();  // the model's containers have ids of its own
  return Play{std::move(desired), std::move(record), std::move(world), used, script}.play();
}

}  // namespace teal::model
