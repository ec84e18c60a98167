// M1–M5, C1, O3, OneStop: what is done to containers.
#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

namespace {

const records::JobRecord* job_of(const records::RolloutRecord& record, const std::string& job) {
  for (const auto* records : {&record.jobs, &record.hooks}) {
    const auto found = std::ranges::find(*records, job, &records::JobRecord::job);
    if (found != records->end()) return &*found;
  }
  return nullptr;
}

std::optional<std::string> exposed(const ports::ContainerSpec& spec,
                                   const std::function<bool(std::string_view)>& tells) {
  if (!tells) return std::nullopt;
  for (const auto* values : {&spec.env, &spec.files}) {
    for (const auto& [name, value] : *values) {
      if (tells(value.reveal())) return "variable " + name;
    }
  }
  for (const auto& word : spec.command) {
    if (tells(word)) return "an argument";
  }
  for (const auto& mount : spec.mounts) {
    if (tells(mount.source)) return "mount " + mount.source;
  }
  return std::nullopt;
}

// The revision of that number, if its replicas have to stay whatever a rollout in this phase does.
const records::Revision* revision_wanted(const records::RolloutRecord& record, int number) {
  const bool comes_up = record.standing.phase == spec::Phase::Starting ||
                        record.standing.phase == spec::Phase::Introducing ||
                        record.standing.phase == spec::Phase::Verifying;
  if (comes_up && record.course.target.number == number) return &record.course.target;
  const bool stays = records::is_terminal(record.standing.phase) || record.standing.phase == spec::Phase::Pending ||
                     record.standing.phase == spec::Phase::Preparing ||
                     (rollout::strategy_of(record) == spec::Strategy::BlueGreen &&
                      (comes_up || record.standing.phase == spec::Phase::Migrating));
  return stays && record.course.active && record.course.active->number == number ? &*record.course.active : nullptr;
}

}  // namespace

void Monitors::before_create(const ports::ContainerSpec& spec) {
  const auto* record = models_.store->newest(spec.application);
  const bool is_target = record && record->course.target.number == spec.revision;
  const bool is_active = record && record->course.active && record->course.active->number == spec.revision;
  if (!is_target && (!is_active || spec.role == world::Role::Migrate)) {
    return report(Promise::O3, spec.name,
                  fmt::format("{} is created, but revision {} is not on record", spec.name, spec.revision));
  }
  const auto& revision = is_target ? record->course.target : *record->course.active;
  if (spec.image_id != revision.image_id) {
    report(Promise::T2, spec.name,
           fmt::format("{} is created from {}, not from {}", spec.name, spec.image_id, revision.image_id));
  }
  if (spec.role == world::Role::Migrate) return check_fit(spec, *record);
  if (const auto where = exposed(spec, models_.tells_credential)) {
    report(Promise::C1, spec.name, fmt::format("{} holds a migration credential in {}", spec.name, *where));
  }
  const auto& migration = revision.application.spec.migration;
  if (migration.mode == spec::MigrationMode::ApplicationManaged) return;
  for (const auto& job : migration.jobs) {
    if (job.phase != spec::JobPhase::BeforeStart || is_done(spec.application, job.name, spec.image_id)) continue;
    report(Promise::M2, spec.name,
           fmt::format("{} is created, but job {} has not succeeded for {}", spec.name, job.name, spec.image_id));
  }
  if (is_target) check_grants(spec, *record);
}

void Monitors::before_start(const test::FakeEngine::Stored& stored) {
  const auto& seen = stored.seen;
  if (seen.state == world::ContainerState::Running || blurred_.contains(seen.id)) return;
  if (seen.started_at) {
    return report(seen.role == world::Role::Migrate ? Promise::M1 : Promise::O3, seen.id,
                  fmt::format("{} is started again, though it has ended", seen.name));
  }
  const auto* record = models_.store->newest(seen.application);
  if (seen.role == world::Role::Serve) {
    if (const auto where = exposed(stored.spec, models_.tells_credential)) {
      report(Promise::C1, seen.name, fmt::format("{} runs with a migration credential in {}", seen.name, *where));
    }
    // Of a spec without migrations nobody can say which of an image's values would be one's credential.
    const bool is_target = record && record->course.target.number == seen.revision;
    const auto* revision = is_target                         ? &record->course.target
                           : record && record->course.active ? &*record->course.active
                                                             : nullptr;
    if (revision && revision->application.spec.migration.jobs.empty()) return;
    for (const auto& text : models_.engine->set_by_image(seen.image_id)) {
      if (models_.tells_credential && models_.tells_credential(text))
        report(Promise::C1, seen.name, seen.name + " runs with a migration credential that its image brings along");
    }
    return;
  }
  const auto* job = record && record->course.target.number == seen.revision ? job_of(*record, seen.unit) : nullptr;
  if (!job || job->state != records::JobState::Running || job->attempts != seen.index) {
    return report(Promise::O3, seen.name, fmt::format("{} is started, but that attempt is not on record", seen.name));
  }
  for (const auto& [name, other] : models_.engine->containers()) {
    const auto& one = other.seen;
    if (one.role != world::Role::Migrate || one.state != world::ContainerState::Running ||
        one.application != seen.application)
      continue;
    report(Promise::M1, seen.application, fmt::format("{} is started while {} runs", seen.name, name));
  }
  check_attempts(stored, *record);
  check_place(stored, *record);
  check_guard(stored, *record);
  check_hook(stored, *record);
  const bool is_hook = spec::find_hook(record->course.target.application.spec.hooks, seen.unit).has_value();
  if (!is_hook && models_.store->has_migrated(seen.application, record->course.target.image_digest, seen.unit)) {
    report(Promise::M3, seen.name,
           fmt::format("{} is started, though its job is on record as done for {}", seen.name, seen.image_id));
  }
}

// A migration's post-deployment step takes away what old replicas need; a hook after the cutover is for the new version
// alone.
void Monitors::check_place(const test::FakeEngine::Stored& stored, const records::RolloutRecord& record) {
  const auto& seen = stored.seen;
  const auto& spec = record.course.target.application.spec;
  const auto* job = spec::find_job(spec, seen.unit);
  const auto hook = spec::find_hook(spec.hooks, seen.unit);
  const bool contracts = !hook && job != nullptr && job->phase == spec::JobPhase::AfterCutover;
  if (contracts && record.course.back)
    report(Promise::M2, seen.name, seen.name + " contracts the schema in a rollback");
  for (const auto& [name, other] : models_.engine->containers()) {
    const auto& one = other.seen;
    if (one.role != world::Role::Serve || one.application != seen.application ||
        one.state != world::ContainerState::Running)
      continue;
    const bool is_old = one.revision != seen.revision;
    if (contracts && is_old) {
      report(Promise::M2, seen.name, fmt::format("{} contracts the schema while {} still runs", seen.name, name));
    }
    const bool prepares = hook == spec::HookPoint::BeforeMigration || hook == spec::HookPoint::AfterMigration;
    if (prepares && !is_old) {
      report(Promise::M2, seen.name, fmt::format("{} is to run before the new version, and {} runs", seen.name, name));
    }
  }
  if (hook == spec::HookPoint::OnRollback && record.standing.phase != spec::Phase::RollingBack && !record.course.back) {
    report(Promise::M2, seen.name,
           fmt::format("{} is for a rollback, and the rollout is {}", seen.name, to_string(record.standing.phase)));
  }
}

void Monitors::check_attempts(const test::FakeEngine::Stored& stored, const records::RolloutRecord& record) {
  const auto& seen = stored.seen;
  const std::tuple key{seen.application, seen.revision, seen.unit};
  const auto& migration = record.course.target.application.spec.migration;
  const int retries = retries_[seen.application];
  if (retries != retries_before_[key]) attempts_[key] = 0;
  retries_before_[key] = retries;
  const int most = migration.idempotent ? migration.attempts : 1;
  if (++attempts_[key] > most) {
    report(Promise::M4, seen.name,
           fmt::format("{} is attempt {} of {} without an operator having asked", seen.name, attempts_[key], most));
  }
}

// Only on somebody's word, after its one stop signal.
bool Monitors::may_be_killed(const records::RolloutRecord& record, const std::string& id) const {
  const auto stop = record.leaving.stopping.find(id);
  if (stop == record.leaving.stopping.end()) return false;
  const auto* desired = models_.store->application(record.application);
  const auto after = desired ? desired->application.spec.migration.kill_after : std::nullopt;
  const bool is_due = after && models_.clock->now() >= stop->second.decided_at + *after;
  return is_due || !stop->second.kill_asked_by.empty();
}

void Monitors::before_signal(const test::FakeEngine::Stored& stored, const std::string& signal) {
  const auto& seen = stored.seen;
  const auto* record = models_.store->newest(seen.application);
  const bool again = !stored.signals.empty() && !blurred_.contains(seen.id);
  if (seen.role == world::Role::Migrate) {
    const auto* job = record ? job_of(*record, seen.unit) : nullptr;
    if (signal == "SIGKILL" && record && may_be_killed(*record, seen.id)) return;
    if (signal != "SIGTERM") report(Promise::M5, seen.name, fmt::format("{} to {}", signal, seen.name));
    if (again) report(Promise::M5, seen.name, fmt::format("a second signal to {}", seen.name));
    if (!job || !job->timed_out_at || record->course.target.number != seen.revision)
      report(Promise::M5, seen.name, fmt::format("{} to {}, whose time is not over", signal, seen.name));
    return;
  }
  if (again) report(Promise::OneStop, seen.name, fmt::format("a second signal to {}", seen.name));
  if (!record || !record->leaving.stopping.contains(seen.id))
    report(Promise::O3, seen.name, fmt::format("{} to {}, and that is not on record", signal, seen.name));
  check_out_of_traffic(stored, fmt::format("{} to {}", signal, seen.name));
}

bool Monitors::was_unwell(const std::string& id) const {
  constexpr Duration while_ago = std::chrono::minutes{2};  // a hung one is replaced a while after it hung
  const auto unwell = unwell_at_.find(id);
  return unwell != unwell_at_.end() && models_.clock->now() < unwell->second + while_ago;
}

// What is wanted and well is not stopped: between rollouts, nor while a new revision comes up beside it. Judged when
// the stop is decided, since what was decided is carried through, be it once the engine is back.
void Monitors::check_stops(const records::RolloutRecord& record) {
  for (const auto& [id, stop] : record.leaving.stopping) {
    if (!stops_.try_emplace(id, turns_[record.application]).second) continue;
    const auto* stored = by_id(id);
    if (stored && stored->seen.role == world::Role::Serve)
      check_unprovoked(*stored, "the stop of " + stored->seen.name);
  }
}

void Monitors::check_unprovoked(const test::FakeEngine::Stored& stored, const std::string& what) {
  const auto& seen = stored.seen;
  const auto* record = models_.store->newest(seen.application);
  const auto* desired = models_.store->application(seen.application);
  if (!record || !desired || desired->deleting || !models_.is_well || !is_informed(seen.application)) return;
  const auto* revision = revision_wanted(*record, seen.revision);
  const auto* component = revision ? spec::find_component(revision->application.spec, seen.unit) : nullptr;
  if (!component || seen.index >= component->replicas) return;
  const bool is_new = seen.revision == record->course.target.number;
  if (!records::is_terminal(record->standing.phase) && !is_new && is_stop_first(seen.application, seen.unit)) return;
  if (was_unwell(seen.id) || blurred_.contains(seen.id)) return;
  report(Promise::Effects, seen.name,
         fmt::format("{}, which is well and wanted, while {} is {}", what, records::rollout_name(*record),
                     to_string(record->standing.phase)));
}

void Monitors::before_remove(const test::FakeEngine::Stored& stored) {
  const auto& seen = stored.seen;
  if (seen.state != world::ContainerState::Running || blurred_.contains(seen.id)) return;
  if (seen.role == world::Role::Migrate)
    return report(Promise::M5, seen.name, fmt::format("{} is removed while it runs", seen.name));
  check_out_of_traffic(stored, "removal of " + seen.name);
  const auto* record = models_.store->newest(seen.application);
  const auto* revision = revision_of(seen.application, seen.revision);
  if (!record || !revision || !is_informed(seen.application)) return;
  const auto stop = record->leaving.stopping.find(seen.id);
  if (stop == record->leaving.stopping.end())
    return report(Promise::OneStop, seen.name, fmt::format("{} is killed and was never asked to stop", seen.name));
  // A grace may change with the spec; the shortest that is known is the least that it is owed.
  auto grace = Duration::max();
  for (const auto* spec : {&revision->application.spec, &record->course.target.application.spec}) {
    if (const auto* component = spec::find_component(*spec, seen.unit)) grace = std::min(grace, component->stop.grace);
  }
  if (models_.clock->now() - stop->second.decided_at < grace)
    report(Promise::OneStop, seen.name, fmt::format("{} is killed before its grace is over", seen.name));
}

void Monitors::committed(const records::RolloutRecord& record) {
  const auto before = phases_.try_emplace(records::rollout_name(record), spec::Phase::Pending).first->second;
  phases_[records::rollout_name(record)] = record.standing.phase;
  if (before != record.standing.phase) ++turns_[record.application];
  if (before == spec::Phase::Pending && record.standing.phase == spec::Phase::Preparing) check_upgrade(record);
  if (before != record.standing.phase) check_analysis(record, before);
  check_dependency(record, before);
  if (before != record.standing.phase) check_way_back(record, before);
  check_hooks(record, before);
  check_stops(record);
  look_for_secrets(record, before != record.standing.phase || record.orders.paused);
  for (const auto& job : record.jobs) {
    check_proof(record, job);
    if (job.state != records::JobState::Succeeded && job.state != records::JobState::NotNeeded) continue;
    if (is_done(record.application, job.job, record.course.target.image_id)) continue;
    report(Promise::M3, records::rollout_name(record) + job.job,
           fmt::format("job {} of {} is on record as {}, but it has not done its work", job.job,
                       records::rollout_name(record), to_string(job.state)));
  }
  const bool gone_wrong = record.standing.phase == spec::Phase::RollingBack ||
                          record.standing.phase == spec::Phase::RolledBack ||
                          record.standing.phase == spec::Phase::Failed;
  if (gone_wrong && record.outcome.reason.empty() && record.outcome.failure.empty())
    report(Promise::L3, records::rollout_name(record),
           fmt::format("{} stands without a reason", records::rollout_name(record)));
}

}  // namespace teal::simulation
