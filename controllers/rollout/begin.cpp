#include "controllers/rollout/begin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/migrate.hpp"
#include "controllers/rollout/policy.hpp"
#include "controllers/rollout/rollback/rollback.hpp"
#include "manifests/spec/diff.hpp"

namespace teal::rollout {
namespace {

// Somebody asked to go back, and the spec is still the one that was to be left.
bool is_ordered(const records::ApplicationRecord& desired, const records::RolloutRecord& ended) {
  return ended.orders.rollback && ended.generation == desired.generation;
}

}  // namespace

void take_hop(records::RolloutRecord& record, const spec::Application& wanted) {
  record.course.target.application = next_hop(wanted, record.course.active);
  const bool is_stop = record.course.target.application.spec.version != wanted.spec.version;
  record.course.final_version = is_stop ? wanted.spec.version : "";
}

bool needs_revision(const records::Revision& runs, const records::ApplicationRecord& desired) {
  return spec::classify(runs.application.spec, desired.application.spec) == spec::ChangeKind::NewRevision ||
         records::has_old_values(desired, runs);
}

records::RolloutRecord next_rollout(const records::ApplicationRecord& desired,
                                    const std::optional<records::RolloutRecord>& before, Time now) {
  records::RolloutRecord fresh;
  fresh.application = desired.application.name;
  fresh.generation = desired.generation;
  fresh.course.requested_by = desired.spec_by;
  fresh.course.target.number = before ? before->course.target.number + 1 : 1;
  fresh.course.target.application = desired.application;
  fresh.course.target.values_changes = desired.values.changes;
  fresh.standing.phase = spec::Phase::Pending;
  fresh.started_at = now;
  fresh.standing.patience.since = now;
  records::PhaseSpan span;
  span.started_at = now;
  fresh.standing.phases.push_back(span);
  if (before) {
    fresh.course.active = before->course.active;
    take_hop(fresh, desired.application);
    if (before->course.active) fresh.course.from_version = before->course.active->application.spec.version;
    fresh.course.newer_ledger_accepted = before->course.newer_ledger_accepted;
    fresh.leaving.draining = before->leaving.draining;
    if (!mutants::mutated("stop-evidence-lost")) fresh.leaving.stopping = before->leaving.stopping;
    fresh.restarts = before->restarts;
    fresh.silences = before->silences;
    fresh.failing_open = before->failing_open;
    fresh.orders.maintenance = before->orders.maintenance;
    fresh.made = before->made;
    fresh.predecessors = before->predecessors;
    fresh.aside = before->aside;
    fresh.admitted = before->admitted;
  }
  fresh.jobs = jobs_of(fresh.course.target.application.spec);
  fresh.hooks = hooks_of(fresh.course.target.application.spec);
  if (before && is_ordered(desired, *before)) {
    fresh.course.requested_by = before->orders.rollback->by;
    follow_order(fresh, *before->orders.rollback, desired.application);
  }
  return fresh;
}

Decision begin(records::RolloutRecord fresh, Time now) {
  Decision decision;
  const auto from = fresh.course.active ? fresh.course.active->application.spec.version : std::string{"nothing"};
  decision.events.push_back(
      {now, false, spec::Reason::RolloutStarted,
       fmt::format(
           "revision {}: {} → {}{}{}", fresh.course.target.number, from, fresh.course.target.application.spec.version,
           fresh.course.final_version.empty() ? ""
                                              : fmt::format(", a stop on the way to {}", fresh.course.final_version),
           fresh.course.back ? fmt::format(", back to revision {}, as {} asked", fresh.course.back->to_revision,
                                           fresh.course.back->by)
                             : ""),
       fresh.application, "Rollout/" + records::rollout_name(fresh)});
  decision.why = {spec::Reason::Pending, decision.events.back().message};
  decision.next = std::move(fresh);
  decision.wake_at = now;
  return decision;
}

bool wants_rollout(const records::ApplicationRecord& desired, const records::RolloutRecord& ended) {
  if (desired.application.spec.suspend) return false;
  if (is_ordered(desired, ended)) return true;
  if (ended.course.active && !needs_revision(*ended.course.active, desired)) return false;
  if (ended.standing.phase == spec::Phase::Complete && !ended.course.final_version.empty())
    return true;  // the next hop
  // A superseded one says nothing against its spec, should that be wanted again by now.
  if (ended.orders.retry || ended.standing.phase == spec::Phase::Superseded || mutants::mutated("rollback-tried-again"))
    return true;
  return desired.generation != ended.generation;
}

}  // namespace teal::rollout
