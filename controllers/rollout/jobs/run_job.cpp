#include "controllers/rollout/jobs/run_job.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/jobs/guard.hpp"
#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/retire.hpp"

namespace teal::rollout {
namespace {

using namespace std::chrono_literals;

// After its one SIGTERM a job gets this long to end; Teal never kills it (M5), it stops waiting.
constexpr Duration patience_after_timeout = 30s;
constexpr int killed_by_signal = 128;  // exit codes above: a signal ended it, nothing is known of its work

// Hooks have words of their own.
spec::Reason reason(const JobPass& at, spec::Reason::Word of_a_migration, spec::Reason::Word of_a_hook) {
  return at.hook ? of_a_hook : of_a_migration;
}

spec::Reason failure(const JobPass& at) { return reason(at, spec::Reason::MigrationFailed, spec::Reason::HookFailed); }
spec::Reason timed_out(const JobPass& at) {
  return reason(at, spec::Reason::MigrationTimedOut, spec::Reason::HookTimedOut);
}
spec::Reason unknown(const JobPass& at) {
  return reason(at, spec::Reason::MigrationUnknown, spec::Reason::HookUnknown);
}

std::string title(const JobPass& at) { return title_of(at.pass.spec(), at.job.name); }

void wait(const JobPass& at, std::string message) {
  at.pass.wait(at.hook ? spec::Reason::RunningHook : spec::Reason::Migrating, std::move(message));
}

std::string attempt_text(const JobPass& at) { return fmt::format("{} (attempt {})", title(at), at.record.attempts); }

// "attempt 2 of 3"; one more than the manifest allows is an operator's.
std::string attempts_text(const JobPass& at) {
  const auto& policy = at.pass.spec().migration;
  const int allowed = policy.idempotent ? policy.attempts : 1;
  return at.record.attempts > allowed ? fmt::format("attempt {}", at.record.attempts)
                                      : fmt::format("attempt {} of {}", at.record.attempts, allowed);
}

// How it ended, said again.
std::string end_text(const JobPass& at) {
  return at.record.attempts > 0 ? fmt::format("{} ({})", at.record.detail, attempts_text(at)) : at.record.detail;
}

JobReport running() { return {}; }

JobReport failed(spec::Reason reason, std::string message) {
  return {JobProgress::Failed, {std::move(reason), std::move(message)}};
}

void end(const JobPass& at, records::JobState state, std::string detail) {
  at.record.state = state;
  at.record.detail = std::move(detail);
  at.record.repeats.reset();
  at.record.finished_at = at.pass.now;
}

bool repeats(const spec::Migration& policy) {
  return policy.idempotent || mutants::mutated("m4-repeats-what-is-not-idempotent");
}

// Whether this attempt may be started, which is asked until it is: the manifest may be edited after it was decided on
// (M4). What nobody but Teal decided on needs the manifest's leave.
bool may_start(const JobPass& at, int attempt) {
  const auto& policy = at.pass.spec().migration;
  return !at.record.repeats || (repeats(policy) && attempt <= policy.attempts);
}

// Ends an attempt that did not succeed; another one follows where the manifest allows that.
JobReport end_attempt(const JobPass& at, records::JobState state, const std::string& detail) {
  const auto& policy = at.pass.spec().migration;
  end(at, state, detail);
  const bool may_repeat =
      at.leave.repeat && repeats(policy) && !at.record.timed_out_at && at.record.attempts < policy.attempts;
  const auto attempts = attempts_text(at);
  if (may_repeat) {
    at.pass.warning(state == records::JobState::Unknown
                        ? unknown(at)
                        : reason(at, spec::Reason::MigrationAttemptFailed, spec::Reason::HookAttemptFailed),
                    fmt::format("{} ({}); trying again", detail, attempts));
    at.record.state = records::JobState::Pending;
    at.record.repeats = state;
    at.pass.wake_at(at.pass.now);
    return running();
  }
  if (state == records::JobState::Unknown) {
    const bool is_told = is_guarded(at) && !at.record.database.fingerprint_after.empty();  // by what is said already
    const std::string_view open = is_told   ? "look at the database, then retry or go back"
                                  : at.hook ? "what it did is not known; look, then retry or go back"
                                            : "whether the schema changed is not known; look at the database, then "
                                              "retry or go back";
    // What is not known after a timeout is so because of the timeout.
    return failed(at.record.timed_out_at ? timed_out(at) : unknown(at),
                  fmt::format("{} ({}): {}", detail, attempts, open));
  }
  return failed(at.record.timed_out_at ? timed_out(at) : failure(at), fmt::format("{} ({})", detail, attempts));
}

JobReport succeed(const JobPass& at) {
  auto& pass = at.pass;
  end(at, records::JobState::Succeeded, "");
  const auto name =
      spec::container_name(pass.next.application, at.job.name, pass.next.course.target.number, at.record.attempts);
  const auto* container = pass.container(name);
  // A hook's last line may be its result: where the backup is.
  const auto result = at.hook && container ? pass.last_words(*container) : std::string{};
  pass.event(reason(at, spec::Reason::MigrationSucceeded, spec::Reason::HookSucceeded),
             attempt_text(at) + " succeeded" + result);
  pass.progressed_to(pass.next.standing.progress + 1);
  if (container) {
    pass.act(RemoveContainer{container->id, container->name, container->revision});
  }
  return running();
}

// The end of an attempt whose job has a database counts once its ledger says so.
JobReport conclude(const JobPass& at) {
  auto verdict = settled_verdict(at);
  if (!verdict) return running();
  return verdict->state == records::JobState::Succeeded ? succeed(at)
                                                        : end_attempt(at, verdict->state, verdict->detail);
}

JobReport judge(const JobPass& at, records::JobState state, const std::string& detail) {
  if (is_guarded(at)) {
    note_verdict(at, state, detail);
    return conclude(at);
  }
  return state == records::JobState::Succeeded ? succeed(at) : end_attempt(at, state, detail);
}

JobReport not_started(const JobPass& at, const Error& error) {
  const auto detail = fmt::format("{} cannot be started: {}", title(at), error.message);
  end(at, records::JobState::Failed, detail);
  return failed(reason(at, spec::Reason::MigrationNotStarted, spec::Reason::HookNotStarted), detail);
}

// Begins the next attempt, for which a container stands ready: intent first, then the start.
JobReport begin(const JobPass& at, const world::Container& container) {
  auto& pass = at.pass;
  at.record.attempts += 1;
  at.record.state = records::JobState::Running;
  at.record.started_at = pass.now;
  at.record.finished_at.reset();
  at.record.exit_code.reset();
  pass.event(reason(at, spec::Reason::MigrationStarted, spec::Reason::HookStarted),
             fmt::format("{} starts: {} → {}", attempt_text(at),
                         pass.next.course.active ? pass.next.course.active->application.spec.version : "nothing",
                         pass.spec().version));
  if (is_guarded(at)) {
    pass.wake_at(pass.now);  // the ledger is to know of it first
  } else {
    pass.act(StartContainer{container.id, container.name, container.revision, false});
  }
  wait(at, fmt::format("starting {}", attempt_text(at)));
  return running();
}

// An attempt waits for those of other applications before anything is done for it: nothing of it is on record, and the
// database's lock is not held meanwhile. What waits for something else, or is not due again, takes nobody's place; and
// nobody waits while nothing serves, or on the way back.
bool has_turn(const JobPass& at, const CreateJob& create) {
  const auto& record = at.pass.next;
  const bool is_way_back = record.course.back || record.standing.phase == spec::Phase::RollingBack;
  const bool is_down = record.course.active && strategy_of(record) == spec::Strategy::Recreate && !has_cut_over(record);
  if (is_way_back || is_down || is_held_up(at) || !at.pass.may_act(create)) return true;
  return at.pass.take_turn(Turn::Migrate);
}

JobReport pending(const JobPass& at) {
  auto& pass = at.pass;
  const int attempt = at.record.attempts + 1;
  if (!may_start(at, attempt)) return end_attempt(at, *at.record.repeats, at.record.detail);
  const auto name = spec::container_name(pass.next.application, at.job.name, pass.next.course.target.number, attempt);
  if (const auto* other = running_job(pass); other && !mutants::mutated("m1-beside-a-running-one")) {  // M1
    pass.excuse(records::Excuse::Working);  // whose end is known to nobody: what waits behind it is not to blame
    pass.wait(spec::Reason::MigrationStillRunning,
              fmt::format("{} still runs, and no second migrator is started beside it: {}", other->name,
                          still_running_text(pass, *other)));
    return running();
  }
  if (!has_turn(at, CreateJob{pass.next.course.target.number, at.job.name, attempt, name})) return running();
  if (auto report = await_turn(at)) return *report;
  for (const auto& other : pass.world.containers) {
    if (other.role != world::Role::Migrate || other.unit != at.job.name) continue;
    if (other.name == name && other.state == world::ContainerState::Created && !other.started_at)
      return begin(at, other);
    if (other.name != name && is_left_behind(pass.world, other)) continue;
    // A name that is taken would be mistaken for this attempt; what has ended has been judged already.
    pass.act(RemoveContainer{other.id, other.name, other.revision});
    wait(at, fmt::format("removing {} before the next attempt", other.name));
    return running();
  }
  const CreateJob create{pass.next.course.target.number, at.job.name, attempt, name};
  if (const auto error = pass.hopeless(create)) return not_started(at, *error);
  pass.act(create);
  wait(at, fmt::format("creating {}", name));
  return running();
}

JobReport ended(const JobPass& at, const world::Container& container) {
  auto& pass = at.pass;
  at.record.exit_code = container.exit_code;
  const int code = container.exit_code.value_or(-1);
  const auto words = pass.last_words(container);
  if (!container.engine_error.empty()) {
    return judge(at, records::JobState::Failed,
                 fmt::format("{} could not be started: {}", title(at), container.engine_error));
  }
  if (at.record.timed_out_at && code == killed_by_signal + 9) {
    return judge(at, records::JobState::Unknown,
                 fmt::format("{} did not end within {} and was killed{}", title(at),
                             format_duration(pass.spec().migration.timeout), words));
  }
  if (at.record.timed_out_at) {
    return judge(at, records::JobState::Failed,
                 fmt::format("{} did not end within {} and was stopped (exit code {}){}", title(at),
                             format_duration(pass.spec().migration.timeout), code, words));
  }
  if (mutants::mutated("m1-start-again"))
    pass.act(StartContainer{container.id, container.name, container.revision, false});
  if (!container.exit_witnessed && !mutants::mutated("m4-unseen-exit-is-believed")) {
    return judge(
        at, records::JobState::Unknown,
        fmt::format("{} ended, and the engine was restarted or away since, so that its exit code {} proves nothing{}",
                    title(at), code, words));
  }
  if (code > killed_by_signal) {
    return judge(at, records::JobState::Unknown,
                 fmt::format("{} was killed by signal {}{}{}", title(at), code - killed_by_signal,
                             container.out_of_memory ? " (out of memory)" : "", words));
  }
  if (code != 0) {
    return judge(at, records::JobState::Failed, fmt::format("{} failed with exit code {}{}", title(at), code, words));
  }
  return judge(at, records::JobState::Succeeded, "");
}

bool is_being_killed(const JobPass& at, const world::Container& container) {
  const auto stop = at.pass.next.leaving.stopping.find(container.id);
  return stop != at.pass.next.leaving.stopping.end() &&
         (stop->second.killed_at.has_value() || !stop->second.kill_asked_by.empty());
}

JobReport overdue(const JobPass& at, const world::Container& container) {
  auto& pass = at.pass;
  const auto timeout = format_duration(pass.spec().migration.timeout);
  if (!at.record.timed_out_at) {
    at.record.timed_out_at = pass.now;
    pass.warning(timed_out(at), fmt::format("{} still runs after {}: asking it to stop", container.name, timeout));
  }
  const auto stopped_at = is_being_killed(at, container) ? at.pass.next.leaving.stopping.at(container.id).decided_at
                                                         : send_stop(pass, container, "SIGTERM");
  // What the manifest has killed is not given up before that has had its effect.
  const auto due = kill_due(pass, container);
  const auto patience = std::max(stopped_at, due.value_or(stopped_at)) + patience_after_timeout;
  if (pass.now < patience) {
    pass.wake_at(patience);
    if (due) pass.excuse(records::Excuse::Working);
    pass.wait(timed_out(at), still_running_text(pass, container));
    return running();
  }
  const auto by_hand = container.command_to_end.empty() ? "" : ", or by hand: " + container.command_to_end;
  return end_attempt(
      at, records::JobState::Unknown,
      fmt::format("{} did not end within {}, nor when it was asked to stop. Teal kills no job by itself: "
                  "while it runs, an admin ends it with: {}{}",
                  container.name, timeout, end_job_text(pass, container), by_hand));
}

// Since when the attempt runs. The engine says it by the clock on the wall, which may have been set back since.
Time runs_since(const JobPass& at, const world::Container& container) {
  const auto decided = at.record.started_at.value_or(at.pass.now);
  const auto started = container.started_at.value_or(decided);
  return started > at.pass.now ? decided : std::max(started, decided);
}

JobReport watch(const JobPass& at) {
  auto& pass = at.pass;
  const auto name =
      spec::container_name(pass.next.application, at.job.name, pass.next.course.target.number, at.record.attempts);
  const auto* container = pass.container(name);
  if (at.record.database.verdict) return conclude(at);
  const auto unseen =
      mutants::mutated("m4-vanished-job-succeeded") ? records::JobState::Succeeded : records::JobState::Unknown;
  if (!container) return judge(at, unseen, fmt::format("{} is gone and nobody saw how it ended", name));
  switch (container->state) {
    case world::ContainerState::Created: {
      const StartContainer start{container->id, name, container->revision, false};
      if (const auto error = pass.hopeless(start)) return not_started(at, *error);
      if (!at.leave.start && !at.leave.repeat) {
        return judge(at, records::JobState::Failed, fmt::format("{} was never started", name));
      }
      if (!may_start(at, at.record.attempts)) {
        return judge(at, *at.record.repeats,
                     fmt::format("{} was not started, since the manifest does not allow it any more: {}", name,
                                 at.record.detail));
      }
      if (auto report = at.leave.start ? await_turn(at) : std::nullopt) {
        if (at.record.state == records::JobState::NotNeeded)
          pass.act(RemoveContainer{container->id, name, container->revision});
        return *report;
      }
      if (auto report = at.leave.start ? await_entry(at) : std::nullopt) return *report;
      if (at.leave.start) pass.act(start);
      wait(at, fmt::format("starting {}", attempt_text(at)));
      return running();
    }
    case world::ContainerState::Exited:
      return ended(at, *container);
    case world::ContainerState::Running:
      break;
  }
  keep_lock(at);
  const auto since = runs_since(at, *container);
  const auto deadline = since + pass.spec().migration.timeout;
  if (pass.now >= deadline || mutants::mutated("m5-stopped-too-early")) return overdue(at, *container);
  pass.wake_at(deadline);
  pass.excuse(records::Excuse::Working);  // its own timeout bounds it, not the phase's deadline
  wait(at, fmt::format("{} runs for {}{}", attempt_text(at),
                       format_duration(std::chrono::floor<std::chrono::seconds>(pass.now - since)), waited_for(at)));
  return running();
}

}  // namespace

JobReport run_job(const JobPass& at) {
  switch (at.record.state) {
    case records::JobState::Succeeded:
    case records::JobState::NotNeeded:
      break;
    case records::JobState::Pending: {
      const auto report = pending(at);
      if (at.record.state != records::JobState::NotNeeded) return report;
      break;
    }
    case records::JobState::Running: {
      const auto report = watch(at);
      const bool done =
          at.record.state == records::JobState::Succeeded || at.record.state == records::JobState::NotNeeded;
      if (!done && !mutants::mutated("m2-does-not-wait")) return report;
      break;
    }
    case records::JobState::Failed:
      return failed(failure(at), end_text(at));
    case records::JobState::Unknown:
      return failed(unknown(at), end_text(at));
  }
  return {JobProgress::Done, {}};
}

}  // namespace teal::rollout
