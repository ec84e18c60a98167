// What goes wrong with databases and hooks, and what other people and other Teals do to a database.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/world.hpp"

namespace teal::simulation {

using namespace std::chrono_literals;

namespace {

const std::string other_owner = "fedcba9876543210fedcba9876543210";

std::vector<const spec::Job*> guarded_jobs(const spec::ApplicationSpec& spec) {
  std::vector<const spec::Job*> jobs;
  for (const auto& job : spec.migration.jobs) {
    if (job.database) jobs.push_back(&job);
  }
  return jobs;
}

}  // namespace

bool tells_secret(std::string_view text) {
  constexpr std::string_view begin = "the value of /etc/";
  for (auto at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
    const auto end = text.find_first_of(" \\\"',;)\n", at + begin.size());
    if (text.substr(at, end == std::string_view::npos ? end : end - at).ends_with("password")) return true;
  }
  return false;
}

void World::settle_databases() {
  const auto settle = [&](const spec::ApplicationSpec& spec) {
    for (const auto* job : guarded_jobs(spec)) databases.all[job->database->name].server.schema = "empty";
  };
  for (const auto& member : scenario_.fleet) settle(member.first.spec);
  for (const auto& step : scenario_.steps) {
    if (step.kind == Step::Kind::Spec) settle(step.spec.spec);
  }
}

const spec::Job* World::any_guarded_job(const std::string& application) {
  const auto* record = store.newest(application);
  if (record == nullptr) return nullptr;
  const auto jobs = guarded_jobs(record->course.target.application.spec);
  return jobs.empty() ? nullptr : random_.pick(jobs);
}

test::FakeEngine::Behaviour World::script_hook(const ports::ContainerSpec& spec) {
  test::FakeEngine::Behaviour behaviour;
  const auto now = phase(spec.application);
  behaviour.runs_for = random_.between(Duration{100ms}, Duration{10s});
  behaviour.stops_after = random_.between(Duration{10ms}, Duration{5s});
  behaviour.stop_exit_code = 143;
  behaviour.output = "hooking\n";
  if (faults.strikes(Fault::HookFails, 0.3, now)) {
    behaviour.exit_code = 1;
    behaviour.output += "no space left on device\n";
  } else if (faults.strikes(Fault::HookHangs, 0.15, now)) {
    behaviour.runs_for.reset();
    if (faults.stream(Fault::HookHangs).one_in(2)) behaviour.stops_after.reset();
  } else if (faults.strikes(Fault::HookUnknown, 0.2, now)) {
    behaviour.exit_code = 137;
  }
  return behaviour;
}

// What was given to it, as some programs do; the last line is what people are shown.
std::string World::said_by_job(const ports::ContainerSpec& spec) const {
  std::string text;
  for (const auto& [name, value] : spec.env) {
    if (name.ends_with("PASSWORD"))
      text += fmt::format("refused with {}={} for user migration\n", name, value.reveal());
  }
  return text;
}

std::string World::said_by_replica(const test::FakeEngine::Stored& stored) {
  for (const auto& [name, value] : stored.spec.env) {
    if (name.ends_with("PASSWORD")) return fmt::format("{}={}", name, value.reveal());
  }
  return "no password";
}

std::string World::secret(const std::string& path) const {
  const auto found = rotations.find(path);
  const auto value = "the value of " + path;
  return found == rotations.end() ? value : fmt::format("{} #{}", value, found->second);
}

bool World::is_hook(const ports::ContainerSpec& spec) const {
  const auto* record = store.newest(spec.application);
  return record != nullptr && spec::find_hook(record->course.target.application.spec.hooks, spec.unit).has_value();
}

// The work of a job shows in its database from when it begins, whatever becomes of it.
void World::note_job(const test::FakeEngine::Stored& stored) {
  const auto& seen = stored.seen;
  const auto* record = store.newest(seen.application);
  if (record == nullptr || record->course.target.number != seen.revision) return;
  const auto* job = spec::find_job(record->course.target.application.spec, seen.unit);
  if (job == nullptr || !job->database) return;
  auto& database = databases.all.at(job->database->name);
  const auto work = work_of(job->name, record->course.target.image_digest);
  if (stored.ended_well) {
    database.server.schema = work;
    if (!faults.strikes(Fault::GrantForgotten, 0.2, record->standing.phase)) return;
    say("fault: GrantForgotten for " + work);
    database.forgotten.insert(work);
    const auto lasts = faults.stream(Fault::GrantForgotten).between(Duration{1s}, Duration{300s});
    timeline.in(lasts, Timeline::world, [&database, work] { database.forgotten.erase(work); });
  } else if (random_.one_in(2)) {
    database.server.schema = "half of " + work;
  }
}

// Somebody at work with the same lock: a person, or a Teal of another store with an attempt of its own.
void World::take_lock(Fault fault, const std::string& application, const spec::Job& job) {
  const auto name = job.database->name;
  auto& server = databases.all.at(name).server;
  const bool is_teal = fault == Fault::OtherTeal;
  if (!server.take(name, is_teal ? "teal of another store" : "psql")) return;
  const auto session = server.locks.at(name).session;
  say(fmt::format("fault: {} {} in database {}", to_string(fault), application, name));
  faults.struck(fault, phase(application));
  const auto* record = store.newest(application);
  const auto longest = record->course.target.application.spec.migration.timeout;
  std::int64_t row = 0;
  if (is_teal && !record->course.target.image_digest.empty()) {
    test::FakeServer::Row made;
    made.key = {application,
                job.name,
                other_owner,
                record->course.target.image_digest,
                record->course.target.application.spec.version,
                7,
                1};
    made.database = name;
    made.id = row = static_cast<std::int64_t>(server.rows.size()) + 1;
    made.started = timeline.now();
    made.before = server.schema;
    server.rows.push_back(std::move(made));
    others_at_work_.insert({name, row});
    monitors->other_begins(name, application, job.name);
  }
  const auto lasts = random_.between(Duration{100ms}, is_teal ? longest : Duration{120s});
  const auto image = record->course.target.image_id;
  timeline.in(lasts, Timeline::world, [this, name, session, row, image] {
    auto& there = databases.all.at(name).server;
    if (row > 0) end_other(there, name, row, image);
    const auto lock = there.locks.find(name);
    if (lock != there.locks.end() && lock->second.session == session) there.locks.erase(lock);
  });
}

// It has done its work, has failed, or is gone without a word; what others closed meanwhile stays as they closed it.
void World::end_other(test::FakeServer& server, const std::string& database, std::int64_t id,
                      const std::string& image) {
  const auto how = random_.below(3);
  const auto row = std::ranges::find(server.rows, id, &test::FakeServer::Row::id);
  others_at_work_.erase({database, id});
  monitors->other_ends(database, row->key.application, row->key.job, how == 0 ? image : "");
  say(fmt::format("the other Teal's job {}", how == 0 ? "succeeds" : how == 1 ? "fails" : "is never heard of again"));
  if (how == 0) server.schema = work_of(row->key.job, row->key.image_digest);
  if (row->outcome || (how == 2 && !healed_)) return;
  // Once the faults are over somebody closes what nobody comes back to.
  row->outcome = how == 0   ? world::LedgerOutcome::Succeeded
                 : how == 1 ? world::LedgerOutcome::Failed
                            : world::LedgerOutcome::Unknown;
  row->after = server.schema;
}

void World::strike_database(Fault fault, const std::string& application) {
  const auto* job = any_guarded_job(application);
  if (job == nullptr) return;
  const auto name = job->database->name;
  auto& database = databases.all.at(name);
  const auto now = timeline.now();
  const auto struck = [&] {
    say(fmt::format("fault: {} {}", to_string(fault), name));
    faults.struck(fault, phase(application));
  };
  switch (fault) {
    case Fault::LockTaken:
    case Fault::OtherTeal:
      return take_lock(fault, application, *job);
    case Fault::LockLost:
      if (!databases.is_held(name, application)) return;
      struck();
      database.server.locks.erase(name);
      return;
    case Fault::DatabaseRestarts:
      struck();
      database.server.drop_sessions();
      return away("database " + name, random_.between(Duration{100ms}, Duration{10s}));
    case Fault::DatabaseAway:
      struck();
      return away("database " + name, random_.between(Duration{1s}, Duration{120s}));
    case Fault::DatabaseReadOnly:
      struck();
      database.read_only = now + random_.between(Duration{1s}, Duration{120s});
      return;
    case Fault::DatabaseFull:
      struck();
      database.full = now + random_.between(Duration{1s}, Duration{120s});
      return;
    case Fault::PoolerBetween:
      struck();
      database.pooled = now + random_.between(Duration{1s}, Duration{120s});
      return;
    case Fault::UserTooStrong:
      struck();
      database.too_strong = now + random_.between(Duration{1s}, Duration{120s});
      return;
    default:
      return;  // no faults of databases
  }
}

// Whoever knows that another Teal is gone for good closes what it left open, as the status says; at once, or later.
// What another one is still at work on is not that.
void World::close_left_open() {
  for (auto& [name, database] : databases.all) {
    for (auto& row : database.server.rows) {
      if (row.key.owner != other_owner || row.outcome || others_at_work_.contains({name, row.id})) continue;
      row.outcome = world::LedgerOutcome::Unknown;
      row.after = database.server.schema;
    }
  }
}

void World::heal_databases() {
  timeline.in(random_.one_in(2) ? Duration{20s} : Duration{10min}, Timeline::world, [this] { close_left_open(); });
  for (auto& [name, database] : databases.all) {
    database.read_only = database.full = database.pooled = database.too_strong = {};
    database.forgotten.clear();
  }
}

}  // namespace teal::simulation
