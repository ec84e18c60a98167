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
  return ended.ordered && ended.generation == desired.generation;
}

}  // namespace

void take_hop(RolloutRecord& record, const Application& wanted) {
  record.target.application = next_hop(wanted, record.active);
  const bool is_stop = record.target.application.spec.version != wanted.spec.version;
  record.walks_to = is_stop ? wanted.spec.version : "";
}

bool needs_revision(const Revision& runs, const ApplicationRecord& desired) {
  return classify(runs.application.spec, desired.application.spec) == ChangeKind::NewRevision ||
         has_old_values(desired, runs);
}

RolloutRecord next_rollout(const ApplicationRecord& desired, const std::optional<RolloutRecord>& before, Time now) {
  RolloutRecord fresh;
  fresh.application = desired.application.name;
  fresh.generation = desired.generation;
  fresh.requested_by = desired.spec_by;
  fresh.target.number = before ? before->target.number + 1 : 1;
  fresh.target.application = desired.application;
  fresh.target.values_changes = desired.values.changes;
  fresh.phase = Phase::Pending;
  fresh.started_at = now;
  fresh.patience.since = now;
  PhaseSpan span;
  span.started_at = now;
  fresh.phases.push_back(span);
  if (before) {
    fresh.active = before->active;
    take_hop(fresh, desired.application);
    if (before->active) fresh.from_version = before->active->application.spec.version;
    fresh.draining = before->draining;
    if (!mutated("stop-evidence-lost")) fresh.stopping = before->stopping;
    fresh.restarts = before->restarts;
  }
  fresh.jobs = jobs_of(fresh.target.application.spec);
  fresh.hooks = hooks_of(fresh.target.application.spec);
  if (before && is_ordered(desired, *before)) {
    fresh.requested_by = before->ordered->by;
    follow_order(fresh, *before->ordered, desired.application);
  }
  return fresh;
}

Decision begin(RolloutRecord fresh, Time now) {
  Decision decision;
  const auto from = fresh.active ? fresh.active->application.spec.version : std::string{"nothing"};
  decision.events.push_back(
      {now, false, "RolloutStarted",
       fmt::format("revision {}: {} → {}{}{}", fresh.target.number, from, fresh.target.application.spec.version,
                   fresh.walks_to.empty() ? "" : fmt::format(", a stop on the way to {}", fresh.walks_to),
                   fresh.rollback ? fmt::format(", back to revision {}, as {} asked", fresh.rollback->to_revision,
                                                fresh.rollback->by)
                                  : ""),
       fresh.application, "Rollout/" + rollout_name(fresh)});
  decision.why = {"Pending", decision.events.back().message};
  decision.next = std::move(fresh);
  decision.wake_at = now;
  return decision;
}

bool wants_rollout(const ApplicationRecord& desired, const RolloutRecord& ended) {
  if (desired.application.spec.suspend) return false;
  if (is_ordered(desired, ended)) return true;
  if (ended.active && !needs_revision(*ended.active, desired)) return false;
  if (ended.phase == Phase::Complete && !ended.walks_to.empty()) return true;  // the next hop
  // A superseded one says nothing against its spec, should that be wanted again by now.
  if (ended.retry || ended.phase == Phase::Superseded || mutated("rollback-tried-again")) return true;
  return desired.generation != ended.generation;
}

}  // namespace teal
