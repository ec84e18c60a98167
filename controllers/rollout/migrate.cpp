#include "controllers/rollout/migrate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/retire.hpp"

namespace teal {
namespace {

using namespace std::chrono_literals;

// After its one SIGTERM a job gets this long to end; Teal never kills it (M5), it stops waiting.
constexpr Duration patience_after_timeout = 30s;
constexpr int killed_by_signal = 128;  // exit codes above: a signal ended it, nothing is known of its work

// What may be done about a job: while a rollout is paused or taken back, only its end is waited for.
struct Leave {
  bool start = true;
  bool repeat = true;
};

struct JobPass {
  Pass& pass;
  const Job& job;
  JobRecord& record;
  Leave leave;
};

std::string attempt_text(const JobPass& at) {
  return fmt::format("migration job {} (attempt {})", at.job.name, at.record.attempts);
}

MigrationReport running() { return {}; }

MigrationReport failed(std::string reason, std::string message) {
  return {MigrationProgress::Failed, {std::move(reason), std::move(message)}};
}

void end(const JobPass& at, JobState state, std::string detail) {
  at.record.state = state;
  at.record.detail = std::move(detail);
  at.record.finished_at = at.pass.now;
}

// Ends an attempt that did not succeed, and tries again where the manifest allows that.
MigrationReport end_attempt(const JobPass& at, JobState state, const std::string& detail) {
  const auto& policy = at.pass.spec().migration;
  end(at, state, detail);
  const bool may_repeat =
      at.leave.repeat && policy.idempotent && !at.record.timed_out_at && at.record.attempts < policy.attempts;
  const auto attempts = fmt::format("attempt {} of {}", at.record.attempts, policy.idempotent ? policy.attempts : 1);
  if (may_repeat) {
    at.pass.warning(state == JobState::Unknown ? "MigrationUnknown" : "MigrationAttemptFailed",
                    fmt::format("{} ({}); trying again", detail, attempts));
    at.record.state = JobState::Pending;
    at.pass.wake_at(at.pass.now);
    return running();
  }
  if (state == JobState::Unknown) {
    return failed("MigrationUnknown", fmt::format("{} ({}): whether the schema changed is not known; look at the "
                                                  "database, then retry or go back",
                                                  detail, attempts));
  }
  return failed(at.record.timed_out_at ? "MigrationTimedOut" : "MigrationFailed",
                fmt::format("{} ({})", detail, attempts));
}

MigrationReport not_started(const JobPass& at, const Error& error) {
  const auto detail = fmt::format("migration job {} cannot be started: {}", at.job.name, error.message);
  end(at, JobState::Failed, detail);
  return failed("MigrationNotStarted", detail);
}

// Begins the next attempt, for which a container stands ready: intent first, then the start.
MigrationReport begin(const JobPass& at, const Container& container) {
  auto& pass = at.pass;
  at.record.attempts += 1;
  at.record.state = JobState::Running;
  at.record.started_at = pass.now;
  at.record.finished_at.reset();
  at.record.exit_code.reset();
  pass.event("MigrationStarted", fmt::format("{} starts: {} → {}", attempt_text(at),
                                             pass.next.active ? pass.next.active->application.spec.version : "nothing",
                                             pass.spec().version));
  pass.act(StartContainer{container.id, container.name, container.revision, false});
  pass.wait("Migrating", fmt::format("starting {}", attempt_text(at)));
  return running();
}

MigrationReport pending(const JobPass& at) {
  auto& pass = at.pass;
  const int attempt = at.record.attempts + 1;
  const auto name = container_name(pass.next.application, at.job.name, pass.next.target.number, attempt);
  if (const auto* other = running_job(pass)) {  // M1
    pass.wait("MigrationStillRunning",
              fmt::format("{} still runs: no second migrator is started beside it", other->name));
    return running();
  }
  for (const auto& other : pass.world.containers) {
    if (other.role != Role::Migrate || other.unit != at.job.name) continue;
    if (other.name == name && other.state == ContainerState::Created && !other.started_at) return begin(at, other);
    // A name that is taken would be mistaken for this attempt; what has ended has been judged already.
    pass.act(RemoveContainer{other.id, other.name, other.revision});
    pass.wait("Migrating", fmt::format("removing {} before the next attempt", other.name));
    return running();
  }
  const CreateJob create{pass.next.target.number, at.job.name, attempt, name};
  if (const auto error = pass.hopeless(create)) return not_started(at, *error);
  pass.act(create);
  pass.wait("Migrating", fmt::format("creating {}", name));
  return running();
}

MigrationReport ended(const JobPass& at, const Container& container) {
  auto& pass = at.pass;
  at.record.exit_code = container.exit_code;
  const int code = container.exit_code.value_or(-1);
  const auto words = pass.last_words(container);
  if (!container.engine_error.empty()) {
    return end_attempt(at, JobState::Failed,
                       fmt::format("migration job {} could not be started: {}", at.job.name, container.engine_error));
  }
  if (at.record.timed_out_at) {
    return end_attempt(at, JobState::Failed,
                       fmt::format("migration job {} did not end within {} and was stopped (exit code {}){}",
                                   at.job.name, format_duration(pass.spec().migration.timeout), code, words));
  }
  if (!container.exit_witnessed) {
    return end_attempt(
        at, JobState::Unknown,
        fmt::format("migration job {} ended while the engine was away; its exit code {} proves nothing{}", at.job.name,
                    code, words));
  }
  if (code > killed_by_signal) {
    return end_attempt(at, JobState::Unknown,
                       fmt::format("migration job {} was killed by signal {}{}{}", at.job.name, code - killed_by_signal,
                                   container.out_of_memory ? " (out of memory)" : "", words));
  }
  if (code != 0) {
    return end_attempt(at, JobState::Failed,
                       fmt::format("migration job {} failed with exit code {}{}", at.job.name, code, words));
  }
  end(at, JobState::Succeeded, "");
  pass.event("MigrationSucceeded", attempt_text(at) + " succeeded");
  pass.progressed_to(pass.next.progress + 1);
  pass.act(RemoveContainer{container.id, container.name, container.revision});
  return running();
}

MigrationReport overdue(const JobPass& at, const Container& container) {
  auto& pass = at.pass;
  const auto timeout = format_duration(pass.spec().migration.timeout);
  if (!at.record.timed_out_at) {
    at.record.timed_out_at = pass.now;
    pass.warning("MigrationTimedOut",
                 fmt::format("{} still runs after {}: asking it to stop", container.name, timeout));
  }
  const auto patience = send_stop(pass, container, "SIGTERM") + patience_after_timeout;
  if (pass.now < patience) {
    pass.wake_at(patience);
    pass.wait("MigrationTimedOut",
              fmt::format("{} still runs after {}: it was asked to stop", container.name, timeout));
    return running();
  }
  return end_attempt(at, JobState::Unknown,
                     fmt::format("{} still runs after {} although it was asked to stop; Teal does not kill migrations: "
                                 "end it yourself, then retry",
                                 container.name, timeout));
}

MigrationReport watch(const JobPass& at) {
  auto& pass = at.pass;
  const auto name = container_name(pass.next.application, at.job.name, pass.next.target.number, at.record.attempts);
  const auto* container = pass.container(name);
  if (!container)
    return end_attempt(at, JobState::Unknown, fmt::format("{} is gone and nobody saw how it ended", name));
  switch (container->state) {
    case ContainerState::Created: {
      const StartContainer start{container->id, name, container->revision, false};
      if (const auto error = pass.hopeless(start)) return not_started(at, *error);
      if (!at.leave.start && !at.leave.repeat) {
        return end_attempt(at, JobState::Failed, fmt::format("{} was never started", name));
      }
      if (at.leave.start) pass.act(start);
      pass.wait("Migrating", fmt::format("starting {}", attempt_text(at)));
      return running();
    }
    case ContainerState::Exited:
      return ended(at, *container);
    case ContainerState::Running:
      break;
  }
  const auto deadline = container->started_at.value_or(pass.now) + pass.spec().migration.timeout;
  if (pass.now >= deadline) return overdue(at, *container);
  pass.wake_at(deadline);
  pass.next.progressed_at = pass.now;  // its own timeout bounds it, not the phase's deadline
  pass.wait("Migrating", fmt::format("{} runs for {}", attempt_text(at),
                                     format_duration(std::chrono::floor<std::chrono::seconds>(
                                         pass.now - container->started_at.value_or(pass.now)))));
  return running();
}

}  // namespace

MigrationReport migrate(Pass& pass, JobPhase phase) {
  if (pass.world.migrated_digest != pass.next.target.image_digest) {  // M3: not asked yet what is done for this image
    pass.wake_at(pass.now);
    return running();
  }
  for (const auto& job : pass.spec().migration.jobs) {
    if (job.phase != phase) continue;
    const auto found = std::ranges::find(pass.next.jobs, job.name, &JobRecord::job);
    if (found == pass.next.jobs.end()) continue;
    const JobPass at{pass, job, *found, {}};
    switch (found->state) {
      case JobState::Succeeded:
      case JobState::NotNeeded:
        continue;
      case JobState::Pending:
        if (found->attempts == 0 && pass.world.migrated.contains(job.name)) {  // M3
          found->state = JobState::NotNeeded;
          pass.event("MigrationNotNeeded", fmt::format("migration job {} was done before for this image", job.name));
          continue;
        }
        return pending(at);
      case JobState::Running: {
        const auto report = watch(at);
        if (found->state == JobState::Succeeded) continue;
        return report;
      }
      case JobState::Failed:
        return failed("MigrationFailed", found->detail);
      case JobState::Unknown:
        return failed("MigrationUnknown", found->detail);
    }
  }
  return {MigrationProgress::Done, {}};
}

bool settle_job(Pass& pass, bool may_repeat) {
  for (const auto& job : pass.spec().migration.jobs) {
    const auto found = std::ranges::find(pass.next.jobs, job.name, &JobRecord::job);
    if (found == pass.next.jobs.end() || found->state != JobState::Running) continue;
    static_cast<void>(watch({pass, job, *found, {false, may_repeat}}));
    if (found->state == JobState::Running) return false;
  }
  return true;
}

const Container* running_job(const Pass& pass) {
  const auto found = std::ranges::find_if(pass.world.containers, [](const Container& one) {
    return one.role == Role::Migrate && one.state == ContainerState::Running;
  });
  return found == pass.world.containers.end() ? nullptr : &*found;
}

std::vector<JobRecord> jobs_of(const ApplicationSpec& spec) {
  std::vector<JobRecord> jobs;
  if (spec.migration.mode == MigrationMode::ApplicationManaged) return jobs;
  for (const auto& job : spec.migration.jobs) {
    JobRecord record;
    record.job = job.name;
    jobs.push_back(std::move(record));
  }
  return jobs;
}

}  // namespace teal
