#include "controllers/rollout/jobs/older_memory.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::rollout {
namespace {

constexpr Duration look_at_ledger_again = std::chrono::milliseconds{100};

// The row of this job's newest attempt that is on record; 0: none.
std::int64_t known_row(const Pass& pass, const std::string& job) {
  const auto found = std::ranges::find(pass.next.jobs, job, &records::JobRecord::job);
  return found == pass.next.jobs.end() ? 0 : found->database.ledger_row;
}

// The newest attempt that this Teal has made, if its store does not know of it.
const world::LedgerRow* unknown_row(const Pass& pass, const DatabaseSeen& seen, std::int64_t known) {
  const auto is_ours = [&](const world::LedgerRow& row) {
    return row.owner == seen.owner && pass.now - row.age >= pass.desired.created_at;  // else of one that was deleted
  };
  const auto newest = std::ranges::find_if(seen.view->rows, is_ours);
  if (newest == seen.view->rows.end()) return nullptr;
  const auto& target = pass.next.course.target;
  const bool is_known = newest->revision < target.number || newest->image_digest == target.image_digest ||
                        (known > 0 && newest->id <= known);
  return is_known ? nullptr : &*newest;
}

void say_older(Pass& pass, const spec::Job& job, const world::LedgerRow& row) {
  const auto& version = pass.next.course.active->application.spec.version;
  const auto message = fmt::format(
      "row {} of teal_migrations in {} is of revision {}, of which the store knows nothing: it is older than the "
      "database (restored from a backup?), and no replica is left that shows what served; {} is not started beside "
      "that schema: save the manifest of the version that is wanted, or start {} all the same with teal retry {}",
      row.id, world::place_of(*job.database), row.revision, version, version, pass.next.application);
  pass.warn_once(spec::Reason::MemoryOlderThanWorld, message);
  pass.wait(spec::Reason::MemoryOlderThanWorld, message);
  if (!records::is_terminal(pass.next.standing.phase)) return;
  pass.next.outcome.reason = spec::Reason::MemoryOlderThanWorld;
  pass.next.outcome.message = message;
  pass.next.outcome.failure_reason = spec::Reason::MemoryOlderThanWorld;
}

}  // namespace

bool waits_for_consent(const records::RolloutRecord& record) {
  return record.standing.phase == spec::Phase::Complete &&
         record.outcome.failure_reason == spec::Reason::MemoryOlderThanWorld;
}

MayStart may_start_active(Pass& pass) {
  const auto& course = pass.next.course;
  const bool any_replica = std::ranges::any_of(
      pass.world.containers, [](const world::Container& one) { return one.role == world::Role::Serve; });
  if (any_replica || !course.active || course.newer_ledger_accepted) return MayStart::Yes;
  auto may = MayStart::Yes;
  for (const auto& job : pass.spec().migration.jobs) {
    if (!job.database) continue;
    AskDatabase look;
    look.step = DatabaseStep::Look;
    look.revision = course.target.number;
    look.job = job.name;
    const auto found = pass.world.databases.find(job.name);
    const bool is_seen =
        found != pass.world.databases.end() && found->second.revision == course.target.number && found->second.view;
    if (const auto* row = is_seen ? unknown_row(pass, found->second, known_row(pass, job.name)) : nullptr) {
      say_older(pass, job, *row);
      return MayStart::No;
    }
    if (is_seen || pass.world.failures.contains(key(look))) continue;
    pass.act(look);
    pass.wait(spec::Reason::ReplicasNotReady,
              fmt::format("no replica is there: reading the ledger in {} before any is started",
                          world::place_of(*job.database)));
    pass.wake_in(look_at_ledger_again);
    may = MayStart::NotYet;
  }
  return may;
}

}  // namespace teal::rollout
