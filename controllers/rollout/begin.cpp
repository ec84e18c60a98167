#include "controllers/rollout/begin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/migrate.hpp"
#include "controllers/rollout/policy.hpp"
#include "controllers/rollout/rollback/rollback.hpp"
#include "manifests/diff.hpp"
#include "controllers/mutants/mutated.hpp"

namespace teal {
namespace {

// Somebody asked to go back, and the spec is still the one that was to be left.
bool is_ordered(const ApplicationRecord& desired, const RolloutRecord& ended) {
  return ended.orders.rollback && ended.generation == desired.generation;
}

}  // namespace

void take_hop(RolloutRecord& record, const Application& wanted) {
  record.course.target.application = next_hop(wanted, record.course.active);
  const bool is_stop = record.course.target.application.spec.version != wanted.spec.version;
  record.course.final_version = is_stop ? wanted.spec.version : "";
}

bool needs_revision(const Revision& runs, const ApplicationRecord& desired) {
  return classify(runs.application.spec, desired.application.spec) == ChangeKind::NewRevision ||
         has_old_values(desired, runs);
}

RolloutRecord next_rollout(const ApplicationRecord& desired, const std::optional<RolloutRecord>& before, Time now) {
  RolloutRecord fresh;
  fresh.application = desired.application.name;
  fresh.generation = desired.generation;
  fresh.course.requested_by = desired.spec_by;
  fresh.course.target.number = before ? before->course.target.number + 1 : 1;
  fresh.course.target.application = desired.application;
  fresh.course.target.values_changes = desired.values.changes;
  fresh.standing.phase = Phase::Pending;
  fresh.started_at = now;
  fresh.standing.patience.since = now;
  PhaseSpan span;
  span.started_at = now;
  fresh.standing.phases.push_back(span);
  if (before) {
    fresh.course.active = before->course.active;
    take_hop(fresh, desired.application);
    if (before->course.active) fresh.course.from_version = before->course.active->application.spec.version;
    fresh.leaving.draining = before->leaving.draining;
    if (!mutated("stop-evidence-lost")) fresh.leaving.stopping = before->leaving.stopping;
    fresh.restarts = before->restarts;
  }
  fresh.jobs = jobs_of(fresh.course.target.application.spec);
  fresh.hooks = hooks_of(fresh.course.target.application.spec);
  if (before && is_ordered(desired, *before)) {
    fresh.course.requested_by = before->orders.rollback->by;
    follow_order(fresh, *before->orders.rollback, desired.application);
  }
  return fresh;
}

Decision begin(RolloutRecord fresh, Time now) {
  Decision decision;
  const auto from = fresh.course.active ? fresh.course.active->application.spec.version : std::string{"nothing"};
  decision.events.push_back(
      {now, false, Reason::RolloutStarted,
       fmt::format(
           "revision {}: {} → {}{}{}", fresh.course.target.number, from, fresh.course.target.application.spec.version,
           fresh.course.final_version.empty() ? ""
                                              : fmt::format(", a stop on the way to {}", fresh.course.final_version),
           fresh.course.back ? fmt::format(", back to revision {}, as {} asked", fresh.course.back->to_revision,
                                           fresh.course.back->by)
                             : ""),
       fresh.application, "Rollout/" + rollout_name(fresh)});
  decision.why = {Reason::Pending, decision.events.back().message};
  decision.next = std::move(fresh);
  decision.wake_at = now;
  return decision;
}

bool wants_rollout(const ApplicationRecord& desired, const RolloutRecord& ended) {
  if (desired.application.spec.suspend) return false;
  if (is_ordered(desired, ended)) return true;
  if (ended.course.active && !needs_revision(*ended.course.active, desired)) return false;
  if (ended.standing.phase == Phase::Complete && !ended.course.final_version.empty()) return true;  // the next hop
  // A superseded one says nothing against its spec, should that be wanted again by now.
  if (ended.orders.retry || ended.standing.phase == Phase::Superseded || mutated("rollback-tried-again")) return true;
  return desired.generation != ended.generation;
}

}  // namespace teal
