// M1, M3, M4 of jobs that name their database: held against lock and ledger as they truly are, and against what their
// containers truly did.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

namespace {

const spec::Job* guarded_job(const records::RolloutRecord& record, const std::string& unit) {
  const auto& jobs = record.course.target.application.spec.migration.jobs;
  const auto found = std::ranges::find(jobs, unit, &spec::Job::name);
  return found == jobs.end() || !found->database ? nullptr : &*found;
}

bool is_of(const test::FakeServer::Row& row, const ports::LedgerKey& key) {
  return row.key.application == key.application && row.key.job == key.job;
}

}  // namespace

void Monitors::note_job(const test::FakeEngine::Stored& stored) {
  auto& truth = job_truth_[stored.seen.name];
  if (truth.id != stored.seen.id) truth = {stored.seen.id, false, false, false};
  truth.started = truth.started || stored.starts > 0;
  truth.ended = truth.ended || stored.seen.state == world::ContainerState::Exited;
  truth.well = truth.well || stored.ended_well;
}

// The last moment before its container starts: the lock is ours, so nobody else may be at work, and nothing of what
// the ledger proves or leaves open is passed over.
void Monitors::lock_confirmed(const std::string& database, const ports::LedgerKey& key) {
  confirmed_[{key.application, key.job}] = key;
  const auto name = fmt::format("{}/{} in {}", key.application, key.job, database);
  const bool others = std::ranges::any_of(others_, [&](const auto& one) { return std::get<0>(one) == database; });
  if (others) report(Promise::M1, name, fmt::format("{} is to start while another Teal migrates there", name));
  for (const auto& row : models_.databases.at(database)->rows) {
    const bool is_own = row.key.owner == key.owner && row.key.application == key.application;
    if (!row.outcome && !is_own)
      report(Promise::M4, name, fmt::format("{} is to start past row {}, which others left open", name, row.id));
    if (!is_of(row, key)) continue;
    if (row.outcome == world::LedgerOutcome::Succeeded && row.key.image_digest == key.image_digest)
      report(Promise::M3, name, fmt::format("{} is to start, and row {} proves that it is done", name, row.id));
  }
}

void Monitors::check_guard(const test::FakeEngine::Stored& stored, const records::RolloutRecord& record) {
  const auto& seen = stored.seen;
  const auto* job = guarded_job(record, seen.unit);
  if (job == nullptr) return;
  const auto key = confirmed_.find({seen.application, seen.unit});
  const bool held =
      key != confirmed_.end() && key->second.revision == seen.revision && key->second.attempt == seen.index;
  // Lost since then, it is nobody's fault: the answer was on its way.
  if (!held) return report(Promise::M1, seen.name, seen.name + " is started, and its lock was not seen to be held");
  const auto& rows = models_.databases.at(job->database->name)->rows;
  const bool open = std::ranges::any_of(rows, [&](const test::FakeServer::Row& row) {
    return is_of(row, key->second) && row.key.owner == key->second.owner && row.key.revision == seen.revision &&
           row.key.attempt == seen.index && !row.outcome;
  });
  if (!open) report(Promise::O3, seen.name, seen.name + " is started, and its attempt is not open in the ledger");
  confirmed_.erase(key);
}

void Monitors::attempt_closed(const ports::LedgerKey& key, world::LedgerOutcome outcome) {
  const auto name = spec::container_name(key.application, key.job, key.revision, key.attempt);
  look();
  const auto truth = job_truth_.find(name);
  if (truth == job_truth_.end())
    return report(Promise::M3, name, fmt::format("the ledger says how {} ended, which never was", name));
  const auto& is = truth->second;
  if (outcome == world::LedgerOutcome::Succeeded && !is.well)
    report(Promise::M3, name, fmt::format("the ledger says that {} succeeded, and it has not done its work", name));
  if (outcome != world::LedgerOutcome::Failed) return;
  const auto* record = models_.store->newest(key.application);
  const auto* job = record ? guarded_job(*record, key.job) : nullptr;
  const auto known = job ? std::ranges::find(record->jobs, key.job, &records::JobRecord::job)
                         : std::vector<records::JobRecord>::const_iterator{};
  const bool timed_out = job && known != record->jobs.end() && known->timed_out_at;
  if (timed_out) return;  // what it did after that does not count
  if (is.well) report(Promise::M3, name, fmt::format("the ledger says that {} failed, and it has done its work", name));
  if (is.started && !is.ended)
    report(Promise::M3, name, fmt::format("the ledger says that {} failed, and it runs", name));
}

void Monitors::other_begins(const std::string& database, const std::string& application, const std::string& job) {
  others_.insert({database, application, job});
}

void Monitors::other_ends(const std::string& database, const std::string& application, const std::string& job,
                          const std::string& done_for_image) {
  others_.erase({database, application, job});
  if (!done_for_image.empty()) done_.insert({application, job, done_for_image});
}

// On record as a success only what the ledger proves.
void Monitors::check_proof(const records::RolloutRecord& record, const records::JobRecord& job) {
  if (job.state != records::JobState::Succeeded) return;
  const auto* guarded = guarded_job(record, job.job);
  if (guarded == nullptr) return;
  const auto& rows = models_.databases.at(guarded->database->name)->rows;
  const bool proven = std::ranges::any_of(rows, [&](const test::FakeServer::Row& row) {
    return row.key.application == record.application && row.key.job == job.job &&
           row.key.image_digest == record.course.target.image_digest && row.outcome == world::LedgerOutcome::Succeeded;
  });
  if (!proven)
    report(Promise::M3, records::rollout_name(record) + job.job,
           fmt::format("job {} of {} is on record as Succeeded, and its ledger does not say so", job.job,
                       records::rollout_name(record)));
}

void Monitors::found_fit(const ports::LedgerKey& key) { fit_.insert({key.application, key.revision, key.job}); }

// No job begins, of whichever kind, before preflight has found every database fit.
void Monitors::check_fit(const ports::ContainerSpec& spec, const records::RolloutRecord& record) {
  const auto& migration = record.course.target.application.spec.migration;
  if (migration.mode == spec::MigrationMode::ApplicationManaged) return;
  if (spec::find_hook(record.course.target.application.spec.hooks, spec.unit) == spec::HookPoint::OnRollback) return;
  for (const auto& job : migration.jobs) {
    if (!job.database || fit_.contains({spec.application, spec.revision, job.name})) continue;
    report(Promise::Database, spec.name,
           fmt::format("{} is created, and the database of job {} was never found fit", spec.name, job.name));
  }
}

void Monitors::check_grants(const ports::ContainerSpec& spec, const records::RolloutRecord& record) {
  if (record.standing.phase != spec::Phase::Starting || !models_.is_ungranted) return;
  const auto& migration = record.course.target.application.spec.migration;
  if (migration.mode == spec::MigrationMode::ApplicationManaged) return;
  for (const auto& job : migration.jobs) {
    if (job.phase != spec::JobPhase::BeforeStart || !job.database) continue;
    if (!models_.is_ungranted(job, record.course.target.image_digest)) continue;
    report(Promise::Database, spec.name,
           fmt::format("{} is created, and its user cannot use what job {} made", spec.name, job.name));
  }
}

void Monitors::forgotten(const std::string& application) {
  const auto is_its = [&](const auto& one) { return std::get<0>(one) == application; };
  std::erase_if(fit_, is_its);
  std::erase_if(hooks_on_record_, is_its);
  std::erase_if(attempts_, [&](const auto& entry) { return is_its(entry.first); });
  std::erase_if(retries_before_, [&](const auto& entry) { return is_its(entry.first); });
  std::erase_if(confirmed_, [&](const auto& entry) { return is_its(entry.first); });
  std::erase_if(phases_, [&](const auto& entry) {
    const auto& name = entry.first;
    return name.substr(0, name.rfind('-')) == application;
  });
}

}  // namespace teal::simulation
