#include "controllers/rollout/jobs/guard.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/jobs/guarded.hpp"
#include "controllers/rollout/jobs/hooks.hpp"

namespace teal::rollout {
namespace {

using namespace std::chrono_literals;

constexpr Duration fresh_for = 5s;   // what was seen of a database counts as now
constexpr Duration look_every = 2s;  // while a job runs
constexpr Duration slack = 1min;     // beyond a job's timeout, before nobody is believed to come back to it

JobReport waiting(const JobPass& at, spec::Reason reason, std::string message) {
  at.pass.wait(std::move(reason), std::move(message));
  return {};
}

std::string held_text(const JobPass& at, const world::DatabaseView& view) {
  return fmt::format("the migration lock on {} is held by {}: waiting for it", place(at), to_string(*view.holder));
}

std::string job_title(const JobPass& at) { return title_of(at.pass.spec(), at.job.name); }

JobReport refused(const JobPass& at, const Error& error) {
  at.record.state = records::JobState::Failed;
  at.record.detail = fmt::format("{}: {}", job_title(at), error.message);
  at.record.finished_at = at.pass.now;
  return {JobProgress::Failed,
          {at.hook ? spec::Reason::HookNotStarted : spec::Reason::MigrationNotStarted, at.record.detail}};
}

// A rollback waits for nobody for ever: its hooks have as long as a job.
bool is_out_of_patience(const JobPass& at) {
  if (at.hook != spec::HookPoint::OnRollback || at.pass.next.standing.phases.empty()) return false;
  return at.pass.now >= at.pass.next.standing.phases.back().started_at + at.pass.spec().migration.timeout;
}

// Waiting for others is no want of progress.
JobReport waiting_for_others(const JobPass& at, spec::Reason reason, std::string message) {
  if (is_out_of_patience(at)) return refused(at, {ErrorCode::timed_out, message + ", in vain"});
  at.pass.excuse(records::Excuse::Working);
  at.pass.wake_in(ask_again);
  return waiting(at, std::move(reason), std::move(message));
}

// Asks, unless that is hopeless; how it goes on is seen in a later pass.
JobReport asking(const JobPass& at, DatabaseStep step, spec::Reason reason, std::string message) {
  const auto action = ask(at, step);
  if (const auto error = at.pass.hopeless(action)) return refused(at, *error);
  if (is_out_of_patience(at)) return refused(at, {ErrorCode::timed_out, message + ", in vain"});
  at.pass.act(action);
  at.pass.wake_in(ask_again);
  return waiting(at, std::move(reason), std::move(message));
}

// The ledger proves that this image's work is done, whoever did it.
JobReport proven(const JobPass& at, const world::LedgerRow& row) {
  note_row(at, row);
  at.record.state = records::JobState::NotNeeded;
  at.record.finished_at = at.pass.now;
  at.pass.event(spec::Reason::MigrationNotNeeded,
                fmt::format("migration job {} was done before for this image: row {} of teal_migrations says so",
                            at.job.name, row.id));
  return {JobProgress::Done, {}};
}

// Somebody else began and has not come back. Young: perhaps still at it. Old: nobody knows, an operator decides.
JobReport elsewhere(const JobPass& at, const world::DatabaseView& view, const world::LedgerRow& row) {
  const auto timeout = at.pass.spec().migration.timeout + slack;
  if (row.age < timeout) {
    if (view.held) at.pass.act(ask(at, DatabaseStep::Unlock));  // whoever began it may want it back
    return waiting_for_others(
        at, spec::Reason::MigrationOpenElsewhere,
        fmt::format("row {} of teal_migrations in {} is of an attempt that another Teal began {} ago and has "
                    "not closed: waiting for it for {} at most",
                    row.id, place(at), format_duration(std::chrono::floor<std::chrono::seconds>(row.age)),
                    format_duration(timeout)));
  }
  if (!view.held)
    return asking(at, DatabaseStep::Lock, spec::Reason::TakingMigrationLock,
                  "taking the migration lock on " + place(at));
  note_row(at, row);
  at.record.state = records::JobState::Unknown;
  at.record.finished_at = at.pass.now;
  at.record.detail = fmt::format(
      "{}: row {} of teal_migrations in {} was begun by another Teal {} ago and never closed: how that attempt ended "
      "is "
      "not known; look at the database, then retry",
      job_title(at), row.id, place(at), format_duration(std::chrono::floor<std::chrono::seconds>(row.age)));
  at.pass.act(ask(at, DatabaseStep::Abandon));
  return {JobProgress::Failed,
          {at.hook ? spec::Reason::HookUnknown : spec::Reason::MigrationUnknown, at.record.detail}};
}

// An attempt that this Teal itself has made in this life of the application, and of which its store knows nothing.
const world::LedgerRow* newer_than_the_store(const JobPass& at, const world::DatabaseView& view) {
  const auto& course = at.pass.next.course;
  if (at.hook || at.record.attempts > 0 || course.newer_ledger_accepted) return nullptr;
  const auto found = std::ranges::find_if(view.rows, [&](const world::LedgerRow& row) {
    return is_mine(at, row) && row.revision >= course.target.number &&
           at.pass.now - row.age >= at.pass.desired.created_at;  // else of one that was deleted
  });
  return found == view.rows.end() ? nullptr : &*found;
}

JobReport older_memory(const JobPass& at, const world::LedgerRow& row) {
  at.record.state = records::JobState::Failed;
  at.record.detail = fmt::format(
      "{}: row {} of teal_migrations in {} is of revision {}, which this Teal began {} ago and does not remember: its "
      "store is older than the database (restored from a backup?). Nothing was migrated; once you know that {} fits "
      "the "
      "schema that is there: teal retry {}",
      job_title(at), row.id, place(at), row.revision,
      format_duration(std::chrono::floor<std::chrono::seconds>(row.age)), at.pass.spec().version,
      at.pass.next.application);
  at.record.finished_at = at.pass.now;
  return {JobProgress::Failed, {spec::Reason::MemoryOlderThanWorld, at.record.detail}};
}

// Another application's attempt in the same database, or another Teal's: its row is theirs to close, so it is waited
// for without end, and whoever knows better is told what to do.
std::string beside_text(const JobPass& at, const world::LedgerRow& row) {
  return fmt::format(
      "row {0} of teal_migrations in {1} is of job {2} of application {3}, which {4} began {5} ago and has not closed: "
      "waiting for it; if you know that it does not run any more: UPDATE teal_migrations SET outcome = 'Unknown', "
      "finished = now() WHERE id = {0}",
      row.id, place(at), row.job, row.application, row.owner == seen_of(at)->owner ? "this Teal" : "another Teal",
      format_duration(std::chrono::floor<std::chrono::seconds>(row.age)));
}

// Who stands in the way, as last seen: reason and message.
std::optional<Why> in_the_way(const JobPass& at, const world::DatabaseView& view) {
  if (view.holder) return Why{spec::Reason::MigrationLockHeld, held_text(at, view)};
  if (!view.others.empty()) return Why{spec::Reason::MigrationOpenElsewhere, beside_text(at, view.others.back())};
  return std::nullopt;
}

// Phases in which hooks of this point are begun.
bool is_time_for(const Pass& pass, spec::HookPoint point) {
  if (pass.next.orders.paused) return false;
  switch (point) {
    case spec::HookPoint::BeforeMigration:
    case spec::HookPoint::AfterMigration:
      return pass.next.standing.phase == spec::Phase::Migrating;
    case spec::HookPoint::BeforeCutover:
      return pass.next.standing.phase == spec::Phase::Verifying;
    case spec::HookPoint::AfterCutover:
      return pass.next.standing.phase == spec::Phase::Retiring;
    case spec::HookPoint::OnRollback:
      return pass.next.standing.phase == spec::Phase::RollingBack || pass.next.standing.phase == spec::Phase::Retiring;
  }
  return false;
}

}  // namespace

bool is_guarded(const JobPass& at) { return at.job.database.has_value(); }

bool is_held_up(const JobPass& at) {
  if (!is_guarded(at)) return false;
  const auto fails = [&](DatabaseStep step) { return at.pass.world.failures.contains(key(ask(at, step))); };
  if (fails(DatabaseStep::Look) || fails(DatabaseStep::Lock)) return true;
  const auto* view = view_of(at);
  if (view == nullptr) return false;
  const auto is_of_others = [&](const world::LedgerRow& row) { return !row.outcome && !is_mine(at, row); };
  return in_the_way(at, *view).has_value() || std::ranges::any_of(view->rows, is_of_others);
}

std::optional<JobReport> await_turn(const JobPass& at) {
  if (!is_guarded(at)) return std::nullopt;
  note_lock(at);
  const auto* view = view_of(at);
  const auto taking = "taking the migration lock on " + place(at);
  const auto others = view ? in_the_way(at, *view) : std::nullopt;
  if (view == nullptr || is_older(at, others ? ask_again : fresh_for)) {
    const auto shown = others.value_or(Why{spec::Reason::TakingMigrationLock, taking});  // what was last known
    return asking(at, DatabaseStep::Look, shown.reason, shown.message);
  }
  const auto& digest = at.pass.next.course.target.image_digest;
  for (const auto& row : view->rows) {
    if (at.hook) break;  // what it did in an earlier rollout is no reason to leave it out in this one
    if (row.image_digest == digest && row.outcome == world::LedgerOutcome::Succeeded) return proven(at, row);
  }
  if (const auto* row = newer_than_the_store(at, *view)) return older_memory(at, *row);
  if (view->holder) return waiting_for_others(at, others->reason, others->message);
  for (const auto& row : view->rows) {
    if (!row.outcome && !is_mine(at, row)) return elsewhere(at, *view, row);
  }
  if (others) {
    if (view->held) at.pass.act(ask(at, DatabaseStep::Unlock));  // whoever began it may want it back
    return waiting_for_others(at, others->reason, others->message);
  }
  if (!view->held) return asking(at, DatabaseStep::Lock, spec::Reason::TakingMigrationLock, taking);
  return std::nullopt;
}

std::optional<JobReport> await_entry(const JobPass& at) {
  if (!is_guarded(at)) return std::nullopt;
  const auto* view = view_of(at);
  if (view == nullptr) return JobReport{};  // await_turn has asked
  const auto* row = own_row(at, *view);
  // A closed one is of an earlier life of this application, or others have closed it: this container never ran, so the
  // attempt begins only now.
  if (row == nullptr || row->outcome) {
    return asking(at, DatabaseStep::Begin, spec::Reason::Migrating,
                  "noting the attempt in teal_migrations of " + place(at));
  }
  return std::nullopt;
}

void keep_lock(const JobPass& at) {
  if (!is_guarded(at)) return;
  note_lock(at);
  const auto* view = view_of(at);
  const bool held = view && view->held;
  if (!held) {
    if (is_older(at, ask_again)) at.pass.act(ask(at, DatabaseStep::Lock));
    at.pass.wake_in(ask_again);
    return;
  }
  if (is_older(at, look_every)) at.pass.act(ask(at, DatabaseStep::Look));
  at.pass.wake_in(look_every);
}

std::string waited_for(const JobPass& at) {
  const auto* view = is_guarded(at) ? view_of(at) : nullptr;
  return view && view->held && view->waiter ? "; " + world::waits_text(*view->waiter) : std::string{};
}

namespace {

bool runs(const Pass& pass, std::string_view job) {
  return std::ranges::any_of(pass.world.containers, [&](const world::Container& one) {
    return one.role == world::Role::Migrate && one.unit == job && one.state == world::ContainerState::Running;
  });
}

// What an earlier rollout's job has left locked, and what this spec has no more, or elsewhere.
void release_what_is_unknown(Pass& pass) {
  for (const auto& [name, seen] : pass.world.databases) {
    if (!seen.held_on || runs(pass, name)) continue;
    const auto* job = spec::find_job(pass.spec(), name);
    const bool is_of_now = seen.revision == pass.next.course.target.number;
    if (is_of_now && job != nullptr && job->database &&
        world::place_of(*job->database) == world::place_of(*seen.held_on))
      continue;
    AskDatabase action;
    action.step = DatabaseStep::Unlock;
    action.revision = pass.next.course.target.number;
    action.job = name;
    pass.act(std::move(action));
  }
}

}  // namespace

void release_locks(Pass& pass) {
  release_what_is_unknown(pass);
  const bool migrating =
      (pass.next.standing.phase == spec::Phase::Migrating || pass.next.standing.phase == spec::Phase::Retiring) &&
      !pass.next.orders.paused;
  for (const auto* each : spec::jobs_and_hooks(pass.spec())) {
    const auto& job = *each;
    if (!job.database) continue;
    const auto hook = spec::find_hook(pass.spec().hooks, job.name);
    const bool may_begin = hook ? is_time_for(pass, *hook) : migrating;
    auto* record = find_record(pass.next, job.name);
    records::JobRecord none;
    const JobPass at{pass, job, record ? *record : none, hook, {}};
    const auto* seen = seen_of(at);
    // Nobody looks any more once it is deleted: what was taken is given back, whatever the newest look said.
    const bool is_left = seen != nullptr && pass.desired.deleting && seen->held_on;
    if (!is_left && (seen == nullptr || !seen->view || !seen->view->held)) continue;
    const auto state = at.record.state;
    const bool wanted = !pass.desired.deleting &&
                        (state == records::JobState::Running || (state == records::JobState::Pending && may_begin));
    // What this pass has asked for comes first.
    const bool busy =
        at.record.finished_at == pass.now || pass.world.running.contains(key(ask(at, DatabaseStep::Abandon)));
    if (busy) pass.wake_in(look_every);
    if (wanted || busy || runs(pass, job.name)) continue;
    pass.act(ask(at, DatabaseStep::Unlock));
    at.record.database.locked = false;
  }
}

}  // namespace teal::rollout
