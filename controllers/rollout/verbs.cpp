#include "controllers/rollout/verbs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/older_memory.hpp"
#include "controllers/rollout/outcome_text.hpp"
#include "controllers/rollout/phases.hpp"
#include "manifests/spec/diff.hpp"

namespace teal::rollout {
namespace {

Error does_not_apply(const records::RolloutRecord& record, std::string_view verb, std::string_view why) {
  return {ErrorCode::conflict, fmt::format("{} does not apply to rollout {} ({}): {}", verb,
                                           records::rollout_name(record), to_string(record.standing.phase), why)};
}

VerbOutcome outcome(records::RolloutRecord next, spec::Reason reason, const records::VerbRequest& request, Time now) {
  VerbOutcome made;
  made.event.time = now;
  made.event.reason = std::move(reason);
  made.event.message = "asked for by " + to_string(request.by);
  made.event.application = next.application;
  made.event.object = "Rollout/" + records::rollout_name(next);
  made.next = std::move(next);
  return made;
}

// After a pause, in which nobody was bound to keep the new replicas well: a bake begins again.
void go_on(records::RolloutRecord& record, Time now) {
  record.orders.paused = false;
  record.outcome.failure.clear();
  record.outcome.failure_reason = {};
  record.standing.patience = {now, records::Excuse::None};
  record.standing.bake_from = now;
}

// What cannot be given up any more, and so cannot be held up either.
std::string why_no_way_back(const records::RolloutRecord& record) {
  if (records::is_terminal(record.standing.phase)) return "it has ended";
  if (record.standing.phase == spec::Phase::RollingBack) return "it is rolling back already";
  return way_back_while_leaving(record);
}

Result<VerbOutcome> abort(records::RolloutRecord next, const records::VerbRequest& request, Time now) {
  if (next.standing.phase == spec::Phase::RollingBack && next.orders.retry) {  // it goes back, and stays there
    next.orders.retry = false;
    return outcome(std::move(next), spec::Reason::Aborted, request, now);
  }
  if (!can_roll_back(next)) return does_not_apply(next, "abort", why_no_way_back(next));
  turn_back(next, spec::Reason::Aborted, "aborted by " + to_string(request.by), now);
  return outcome(std::move(next), spec::Reason::Aborted, request, now);
}

Result<VerbOutcome> retry(records::RolloutRecord next, const records::VerbRequest& request, Time now) {
  if (next.outcome.failure_reason == spec::Reason::MemoryOlderThanWorld) next.course.newer_ledger_accepted = true;
  if (waits_for_consent(next)) {  // what is on record is started, and nothing else changes
    next.outcome.reason = spec::Reason::Complete;
    next.outcome.message.clear();
    next.outcome.failure_reason = {};
    return outcome(std::move(next), spec::Reason::Retried, request, now);
  }
  if (next.orders.paused) {
    for (auto& job : next.jobs) {
      if (job.state == records::JobState::Failed || job.state == records::JobState::Unknown) {
        job.state = records::JobState::Pending;
        job.repeats.reset();
        job.timed_out_at.reset();
      }
    }
    for (auto& hook : next.hooks) {
      if (!is_blocking(next.course.target.application.spec, hook.job)) continue;
      if (hook.state == records::JobState::Failed || hook.state == records::JobState::Unknown) {
        hook.state = records::JobState::Pending;
        hook.repeats.reset();
        hook.timed_out_at.reset();
      }
    }
    go_on(next, now);
    next.orders.retry = true;
    // Those that have ended are replaced, not judged.
    for (auto& [name, restart] : next.restarts) restart.count = restart.forgiven = 0;
    return outcome(std::move(next), spec::Reason::Retried, request, now);
  }
  if (may_be_retried(next)) {
    next.orders.retry = true;  // once the old version serves again, or if it cannot
    return outcome(std::move(next), spec::Reason::Retried, request, now);
  }
  if (!records::is_terminal(next.standing.phase))
    return does_not_apply(next, "retry", next.orders.retry ? "it is asked for already" : "it is under way");
  const bool is_shelved = next.course.back && next.course.active &&
                          spec::classify(next.course.active->application.spec, next.course.back->shelved.spec) ==
                              spec::ChangeKind::NewRevision;
  const bool is_adopted = next.outcome.reason == spec::Reason::MemoryOlderThanWorld;  // the spec on record waits
  if (next.standing.phase == spec::Phase::Complete && !is_shelved && !is_adopted)
    return does_not_apply(next, "retry", "it succeeded");
  if (next.course.back &&
      (next.standing.phase == spec::Phase::Failed || next.standing.phase == spec::Phase::RolledBack)) {
    records::RollbackOrder again;  // the rollback once more, not what it was to replace
    again.to = next.course.target;
    again.to.number = next.course.back->to_revision;
    again.by = to_string(request.by);
    again.note = next.course.back->note;
    next.orders.rollback = std::move(again);
  } else {
    next.orders.retry = true;
  }
  return outcome(std::move(next), spec::Reason::Retried, request, now);
}

// Whatever has become of the rollout: the job's container is what the next revision waits for.
Result<VerbOutcome> end_job(records::RolloutRecord next, const records::VerbRequest& request, Time now) {
  // One that no stop is on record of was found running by a teald that has lost its memory.
  const auto found = next.leaving.stopping.try_emplace(request.container_id, records::StopRecord{now, true}).first;
  if (!found->second.kill_asked_by.empty())
    return does_not_apply(next, "end-job", fmt::format("{} asked for it already", found->second.kill_asked_by));
  found->second.kill_asked_by = to_string(request.by);
  auto made = outcome(std::move(next), spec::Reason::JobEndAsked, request, now);
  made.event.message = fmt::format("the end of job {}, whatever it is doing, was {}", request.job, made.event.message);
  return made;
}

bool is_routed(const spec::ApplicationSpec& spec) {
  return std::ranges::any_of(spec.components, [](const spec::Component& one) {
    return one.load_balancer && !one.load_balancer->routes.empty();
  });
}

Result<VerbOutcome> maintain(records::RolloutRecord next, const records::VerbRequest& request, Time now) {
  if (request.on == next.orders.maintenance) {
    return Error{ErrorCode::conflict, fmt::format("{} is {} maintenance already", next.application,
                                                  request.on ? "down for" : "not down for")};
  }
  if (request.on && !is_routed(next.course.target.application.spec)) {
    return Error{ErrorCode::conflict,
                 fmt::format("{} has no routes, so no load balancer that Teal keeps sends requests to it: a page of "
                             "yours has to be shown by your own configuration",
                             next.application)};
  }
  next.orders.maintenance = request.on;
  auto made = outcome(std::move(next), request.on ? spec::Reason::MaintenanceBegan : spec::Reason::MaintenanceEnded,
                      request, now);
  made.event.message = fmt::format("{}, {}", request.on ? "clients get the page of a maintenance" : "requests go on",
                                   made.event.message);
  return made;
}

}  // namespace

bool needs_retry(const records::RolloutRecord& record) {
  if (!record.orders.paused || record.outcome.failure.empty()) return false;
  const auto has_failed = [](const records::JobRecord& one) {
    return one.state == records::JobState::Failed || one.state == records::JobState::Unknown;
  };
  return std::ranges::any_of(record.jobs, has_failed) ||
         std::ranges::any_of(record.hooks, [&](const records::JobRecord& one) {
           return has_failed(one) && is_blocking(record.course.target.application.spec, one.job);
         });
}

void turn_back(records::RolloutRecord& record, const spec::Reason& reason, const std::string& message, Time now) {
  // Why it was paused is why it is given up.
  const auto cause = record.orders.paused && !record.outcome.failure.empty()
                         ? fmt::format(", paused for: {}", record.outcome.failure)
                         : "";
  record.orders.paused = false;
  record.orders.retry = false;
  record.outcome.settles_as = ends_as(record);
  record.outcome.failure_reason = reason;
  record.outcome.failure = message + cause;
  if (!record.standing.phases.empty() && !record.standing.phases.back().finished_at)
    record.standing.phases.back().finished_at = now;
  records::PhaseSpan span;
  span.phase = spec::Phase::RollingBack;
  span.started_at = now;
  record.standing.phases.push_back(span);
  record.standing.phase = spec::Phase::RollingBack;
  record.standing.progress = 0;
  record.outcome.reason = reason;
  record.outcome.message = record.outcome.failure;
  record.standing.patience = {now, records::Excuse::None};
}

Result<VerbOutcome> apply_verb(const records::RolloutRecord& record, const records::VerbRequest& request, Time now) {
  auto next = record;
  switch (request.verb) {
    case records::Verb::Approve:
      if (record.standing.phase != spec::Phase::AwaitingApproval)
        return does_not_apply(record, "approve", "it does not wait for approval");
      if (record.orders.approved) return does_not_apply(record, "approve", "it is approved already");
      if (record.orders.paused && !record.outcome.failure.empty())
        return does_not_apply(record, "approve", "it is paused for a failure: retry or abort it first");
      next.orders.approved = true;
      return outcome(std::move(next), spec::Reason::Approved, request, now);
    case records::Verb::Pause:
      if (record.orders.paused) return does_not_apply(record, "pause", "it is paused already");
      if (!can_roll_back(record)) return does_not_apply(record, "pause", why_no_way_back(record));
      next.orders.paused = true;
      return outcome(std::move(next), spec::Reason::Paused, request, now);
    case records::Verb::Resume:
      if (!record.orders.paused) return does_not_apply(record, "resume", "it is not paused");
      if (needs_retry(record)) {
        return does_not_apply(
            record, "resume",
            fmt::format("{}; only teal retry {} does that step again", record.outcome.failure, record.application));
      }
      go_on(next, now);
      return outcome(std::move(next), spec::Reason::Resumed, request, now);
    case records::Verb::Abort:
      return abort(std::move(next), request, now);
    case records::Verb::Retry:
      return retry(std::move(next), request, now);
    case records::Verb::EndJob:
      return end_job(std::move(next), request, now);
    case records::Verb::Maintenance:
      return maintain(std::move(next), request, now);
    case records::Verb::Rollback:
      return Error{ErrorCode::internal, "a rollback is chosen from the history"};
  }
  return Error{ErrorCode::internal, "unknown verb"};
}

}  // namespace teal::rollout
