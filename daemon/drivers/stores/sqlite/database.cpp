#include "daemon/drivers/stores/sqlite/database.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <random>
#include <system_error>

#include "controllers/records/record_json.hpp"
#include "daemon/drivers/stores/sqlite/schema.hpp"
#include "daemon/drivers/stores/sqlite/store_files.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::sqlite {
namespace {

constexpr std::int64_t kept_rollouts = 100;
constexpr std::int64_t kept_events = 5000;
constexpr std::int64_t kept_events_in_all = 100000;
constexpr std::int64_t kept_migrated = 1000;

std::int64_t milliseconds(Time time) { return time.time_since_epoch().count(); }

std::string make_owner() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  return id;
}

// Before anything of it is touched.
const std::string& judged(const std::string& path) {
  if (const auto files = judge_store_files(path); !files) throw Failure(files.error());
  return path;
}

// Ours alone: specs may hold what is nobody else's business. The WAL files get the same mode.
const std::string& created(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    const auto words = std::generic_category().message(errno);
    throw Failure({ErrorCode::denied,
                   fmt::format("{}: cannot be opened for writing: {}: teald's user needs to own it", path, words)});
  }
  ::close(file);
  if (const auto done = make_store_files_private(path); !done) throw Failure(done.error());
  return path;
}

}  // namespace

Database::Database(const std::string& path, stores::LogLimits limits)
    : lock_(judged(path) + ".lock"), connection_(created(path)), limits_(limits) {
  connection_.execute("PRAGMA journal_mode=WAL");
  connection_.execute("PRAGMA synchronous=FULL");
  connection_.execute("PRAGMA foreign_keys=ON");
  connection_.execute("PRAGMA journal_size_limit=4194304");
  Statement check(connection_, "PRAGMA quick_check(1)");
  if (check.next() && check.text(0) != "ok") {
    throw Failure(
        {ErrorCode::unavailable, fmt::format("{}: the database is damaged ({}): restore a copy, or move it away "
                                             "to start afresh",
                                             path, check.text(0))});
  }
  bring_up_to_date(connection_);
  owner_ = load_owner();
}

std::string Database::load_owner() {
  Transaction transaction(connection_);
  Statement(connection_, "INSERT OR IGNORE INTO identity VALUES (1, ?)", make_owner()).run();
  Statement row(connection_, "SELECT owner FROM identity");
  if (!row.next()) throw Failure({ErrorCode::internal, connection_.path() + ": has no owner"});
  std::string owner = row.text(0);
  transaction.commit();
  return owner;
}

void Database::take_owner(const std::string& owner) {
  Transaction transaction(connection_);
  if (Statement(connection_, "SELECT 1 FROM rollouts LIMIT 1").next())
    throw Failure({ErrorCode::conflict, connection_.path() + ": has rollouts on record under an id of its own"});
  Statement(connection_, "UPDATE identity SET owner = ?", owner).run();
  transaction.commit();
  owner_ = owner;
}

std::vector<records::ApplicationRecord> Database::applications() {
  std::vector<records::ApplicationRecord> records;
  Statement rows(connection_, "SELECT record FROM applications ORDER BY name");
  while (rows.next()) {
    if (auto record = records::application_record_from_json(rows.text(0))) records.push_back(std::move(*record));
  }
  return records;
}

std::vector<records::UnreadableApplication> Database::unreadable_applications() {
  std::vector<records::UnreadableApplication> unreadable;
  Statement rows(connection_, "SELECT name, record FROM applications ORDER BY name");
  while (rows.next()) {
    const auto record = records::application_record_from_json(rows.text(1));
    if (record) continue;
    unreadable.push_back({records::salvaged_application(rows.text(0), rows.text(1)), record.error().message});
  }
  return unreadable;
}

void Database::put(const std::vector<records::ApplicationRecord>& records, const ports::CommitEntries& entries) {
  Transaction transaction(connection_);
  for (const auto& record : records) {
    Statement(connection_,
              "INSERT INTO applications VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET record = excluded.record",
              record.application.name, wire::json_text(to_json(record)))
        .run();
  }
  insert(entries);
  transaction.commit();
}

void Database::erase(const std::string& application, const ports::CommitEntries& entries) {
  Transaction transaction(connection_);
  Statement(connection_, "DELETE FROM applications WHERE name = ?", application).run();
  Statement(connection_, "DELETE FROM rollouts WHERE application = ?", application).run();
  Statement(connection_, "DELETE FROM logs WHERE application = ?", application).run();
  // A new application of this name may have a new database: what was migrated for the old one says nothing (M3).
  Statement(connection_, "DELETE FROM migrated WHERE application = ?", application).run();
  insert(entries);
  transaction.commit();
}

std::optional<records::RolloutRecord> Database::latest(const std::string& application) {
  Statement row(connection_, "SELECT record FROM rollouts WHERE application = ? ORDER BY revision DESC LIMIT 1",
                application);
  if (!row.next()) return std::nullopt;
  auto record = records::rollout_record_from_json(row.text(0));
  if (!record) throw Failure(record.error());
  return std::move(*record);
}

std::vector<records::RolloutRecord> Database::rollouts(const std::string& application, std::size_t limit) {
  std::vector<records::RolloutRecord> records;
  Statement rows(connection_,
                 application.empty()
                     ? "SELECT record, ? FROM rollouts ORDER BY started_at DESC, application, revision DESC LIMIT ?"
                     : "SELECT record FROM rollouts WHERE application = ? ORDER BY revision DESC LIMIT ?",
                 application, static_cast<std::int64_t>(std::min<std::size_t>(limit, 100000)));
  while (rows.next()) {
    if (auto record = records::rollout_record_from_json(rows.text(0))) records.push_back(std::move(*record));
  }
  return records;
}

std::vector<records::UnreadableRollout> Database::unreadable_rollouts(const std::string& application) {
  std::vector<records::UnreadableRollout> unreadable;
  Statement rows(connection_,
                 "SELECT revision, version, record FROM rollouts WHERE application = ? ORDER BY revision DESC",
                 application);
  while (rows.next()) {
    const auto record = records::rollout_record_from_json(rows.text(2));
    if (record) continue;
    auto one = records::salvaged_rollout(rows.text(2));
    one.application = application;
    one.revision = static_cast<int>(rows.integer(0));
    one.version = static_cast<std::uint64_t>(rows.integer(1));
    one.problem = record.error().message;
    unreadable.push_back(std::move(one));
  }
  return unreadable;
}

records::RolloutRecord Database::rollout(const std::string& application, int revision) {
  Statement row(connection_, "SELECT record FROM rollouts WHERE application = ? AND revision = ?", application,
                std::int64_t{revision});
  if (!row.next())
    throw Failure({ErrorCode::not_found, fmt::format("rollout {}-{} does not exist", application, revision)});
  auto record = records::rollout_record_from_json(row.text(0));
  if (!record) throw Failure(record.error());
  return std::move(*record);
}

std::uint64_t Database::commit(records::RolloutRecord& record, const ports::CommitEntries& entries) {
  const auto known = static_cast<std::int64_t>(record.version);
  const std::int64_t revision = record.course.target.number;
  ++record.version;
  const auto next = static_cast<std::int64_t>(record.version);
  const std::string text = wire::json_text(to_json(record));
  Transaction transaction(connection_);
  if (known == 0) {
    Statement(connection_, "INSERT INTO rollouts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", record.application,
              revision, next, milliseconds(record.started_at), text)
        .run();
  } else {
    Statement(connection_,
              "UPDATE rollouts SET version = ?, started_at = ?, record = ?"
              " WHERE application = ? AND revision = ? AND version = ?",
              next, milliseconds(record.started_at), text, record.application, revision, known)
        .run();
  }
  if (connection_.changes() == 0) {
    throw Failure(
        {ErrorCode::conflict, fmt::format("rollout {} was changed by somebody else", records::rollout_name(record))});
  }
  note_migrated(record);
  insert(entries);
  if (known == 0) prune(record.application);
  transaction.commit();
  return record.version;
}

void Database::note_migrated(const records::RolloutRecord& record) {
  if (record.course.target.image_digest.empty()) return;
  for (const auto& job : record.jobs) {
    if (job.state != records::JobState::Succeeded) continue;
    Statement(connection_, "INSERT OR IGNORE INTO migrated (application, image_digest, job) VALUES (?, ?, ?)",
              record.application, record.course.target.image_digest, job.job)
        .run();
  }
}

void Database::prune(const std::string& application) {
  Statement(connection_,
            "DELETE FROM rollouts WHERE application = ?1 AND revision <= (SELECT revision FROM rollouts WHERE"
            " application = ?1 ORDER BY revision DESC LIMIT 1 OFFSET ?2)",
            application, kept_rollouts)
      .run();
  Statement(connection_,
            "DELETE FROM logs WHERE application = ?1 AND revision < (SELECT min(revision) FROM rollouts WHERE "
            "application = ?1)",
            application)
      .run();
  Statement(connection_,
            "DELETE FROM migrated WHERE application = ?1 AND sequence <= (SELECT sequence FROM migrated WHERE"
            " application = ?1 ORDER BY sequence DESC LIMIT 1 OFFSET ?2)",
            application, kept_migrated)
      .run();
}

std::set<std::string> Database::migrated(const std::string& application, const std::string& image_digest) {
  std::set<std::string> jobs;
  Statement rows(connection_, "SELECT job FROM migrated WHERE application = ? AND image_digest = ?", application,
                 image_digest);
  while (rows.next()) jobs.insert(rows.text(0));
  return jobs;
}

void Database::append(const ports::CommitEntries& entries) {
  Transaction transaction(connection_);
  insert(entries);
  transaction.commit();
}

void Database::insert(const ports::CommitEntries& entries) {
  insert(entries.events);
  insert(entries.audit);
}

void Database::insert(const std::vector<records::Event>& events) {
  std::set<std::string> applications;
  for (const auto& event : events) {
    Statement(connection_,
              "INSERT INTO events (application, time, warning, reason, message, object) VALUES (?, ?, ?, ?, ?, ?)",
              event.application, milliseconds(event.time), std::int64_t{event.warning}, to_string(event.reason),
              event.message, event.object)
        .run();
    applications.insert(event.application);
  }
  for (const auto& application : applications) {
    Statement(connection_,
              "DELETE FROM events WHERE application = ?1 AND sequence <= (SELECT sequence FROM events WHERE"
              " application = ?1 ORDER BY sequence DESC LIMIT 1 OFFSET ?2)",
              application, kept_events)
        .run();
  }
  if (events.empty()) return;
  Statement(connection_, "DELETE FROM events WHERE sequence <= ?", connection_.last_id() - kept_events_in_all).run();
}

std::vector<ports::StoredEvent> Database::events(const ports::EventQuery& query) {
  std::vector<ports::StoredEvent> found;
  const auto limit = static_cast<std::int64_t>(std::min<std::size_t>(query.limit, kept_events_in_all));
  Statement rows(connection_,
                 "SELECT sequence, application, time, warning, reason, message, object FROM events"
                 " WHERE (?1 = '' OR application = ?1) AND sequence > ?2 ORDER BY sequence DESC LIMIT ?3",
                 query.application, query.after, limit);
  while (rows.next()) {
    ports::StoredEvent stored;
    stored.sequence = rows.integer(0);
    stored.event.application = rows.text(1);
    stored.event.time = Time{Duration{rows.integer(2)}};
    stored.event.warning = rows.integer(3) != 0;
    stored.event.reason = spec::Reason::named(rows.text(4));
    stored.event.message = rows.text(5);
    stored.event.object = rows.text(6);
    found.push_back(std::move(stored));
  }
  return {std::make_move_iterator(found.rbegin()), std::make_move_iterator(found.rend())};
}

}  // namespace teal::sqlite
