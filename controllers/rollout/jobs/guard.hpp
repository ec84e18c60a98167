// Lock and ledger for migration jobs that name their database; does nothing for other jobs.
//
// The lock says who may migrate now, the ledger what has been done. Both are in the database itself, so they apply to
// every Teal and every person that respects them, and survive the loss of this teald's store. An attempt is recorded
// before its container starts and closed after it has exited; only what the ledger then says counts.
#pragma once

#include <optional>
#include <string>

#include "controllers/rollout/jobs/run_job.hpp"

namespace teal::rollout {

[[nodiscard]] bool is_guarded(const JobPass& at);

// Others, or a database that does not answer, are what it waits for, as far as is known.
[[nodiscard]] bool is_held_up(const JobPass& at);

// Before an attempt is prepared, and again before its container is started: the lock is ours, and the ledger neither
// proves that the work is done nor shows somebody else at it. None: go on. The record's state says how it ended, if so.
[[nodiscard]] std::optional<JobReport> await_turn(const JobPass& at);

// After `await_turn`: the attempt stands in the ledger. None: its container may be started.
[[nodiscard]] std::optional<JobReport> await_entry(const JobPass& at);

// While the container runs: notices a lost lock, says so, and takes it again. The job is not touched (M5).
void keep_lock(const JobPass& at);
// A session that waits for the lock and may hold up the job for ever, as a clause behind what the job does; or nothing.
[[nodiscard]] std::string waited_for(const JobPass& at);

// The container has ended like this; to be told to the ledger before it counts.
void note_verdict(const JobPass& at, records::JobState state, std::string detail);

struct Verdict {
  records::JobState state = records::JobState::Unknown;
  std::string detail;
};
// What the ledger says of the attempt that a verdict is on record of; none while it has not been told.
[[nodiscard]] std::optional<Verdict> settled_verdict(const JobPass& at);

// Gives back every lock that nothing needs any more.
void release_locks(Pass& pass);

}  // namespace teal::rollout
