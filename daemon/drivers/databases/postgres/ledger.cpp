#include "daemon/drivers/databases/postgres/ledger.hpp"

#include <fmt/format.h>

#include <chrono>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/row>
#include <pqxx/transaction>
#include <set>

#include "daemon/drivers/databases/postgres/fingerprint.hpp"

namespace teal::postgres {
namespace {

constexpr int ledger_format = 1;
constexpr auto ledger_mark = "Teal's record of migrations, format ";

constexpr auto lock_number = "pg_catalog.hashtextextended('teal', 0)";

std::string lock_condition(bool granted = true) {
  return fmt::format(
      "l.locktype = 'advisory' AND {1}l.granted AND l.objsubid = 1 AND l.database = (SELECT oid FROM "
      "pg_catalog.pg_database WHERE datname = pg_catalog.current_database()) AND l.classid::bigint = (({0} >> 32) & "
      "4294967295) AND l.objid::bigint = ({0} & 4294967295)",
      lock_number, granted ? "" : "NOT ");
}

world::LockHolder session_from(const pqxx::row& row) {
  world::LockHolder session;
  session.process = row["pid"].as<int>();
  session.user = short_text(row["usename"]);
  session.program = short_text(row["program"]);
  session.client = short_text(row["client"]);
  session.since = short_text(row["since"]);
  return session;
}

std::string key_condition(pqxx::transaction_base& work, const ports::LedgerKey& key) {
  return fmt::format("application = {} AND job = {}", work.quote(key.application), work.quote(key.job));
}

std::string own_condition(pqxx::transaction_base& work, const ports::LedgerKey& key) {
  return fmt::format("{} AND owner = {} AND revision = {} AND attempt = {} AND image_digest = {}",
                     key_condition(work, key), work.quote(key.owner), key.revision, key.attempt,
                     work.quote(key.image_digest));
}

void check_format(pqxx::transaction_base& work, const std::string& ledger) {
  const auto rows =
      work.exec(fmt::format("SELECT pg_catalog.obj_description({0}::regclass, 'pg_class') AS mark, attname FROM "
                            "pg_catalog.pg_attribute WHERE "
                            "attrelid = {0}::regclass AND attnum > 0 AND NOT attisdropped",
                            work.quote(ledger)));
  std::set<std::string> missing{"id",
                                "application",
                                "job",
                                "image_digest",
                                "version",
                                "owner",
                                "revision",
                                "attempt",
                                "started",
                                "finished",
                                "outcome",
                                "exit_code",
                                "created",
                                "relations_before",
                                "fingerprint_before",
                                "fingerprint_after"};
  std::string mark;
  for (const auto& row : at_most(rows, 2000)) {
    mark = short_text(row["mark"]);
    missing.erase(short_text(row["attname"]));
  }
  if (mark == fmt::format("{}{}", ledger_mark, ledger_format) && missing.empty()) return;
  if (mark.starts_with(ledger_mark) && missing.empty()) {
    throw Unfit(fmt::format("{} is of another Teal's format ({}): use the Teal that wrote it", ledger, mark));
  }
  std::string names;
  for (const auto& name : missing) names += (names.empty() ? "" : ", ") + name;
  throw Unfit(fmt::format(
      "{} is of an older format or not Teal's{}: look at it, and rename it if nothing in it is needed any more", ledger,
      names.empty() ? std::string{} : " (it lacks " + names + ")"));
}

std::string number_or_null(std::optional<int> number) { return number ? std::to_string(*number) : "NULL"; }

world::LedgerRow row_from(const pqxx::row& row, const std::string& ledger) {
  world::LedgerRow one;
  one.id = row["id"].as<std::int64_t>();
  one.application = short_text(row["application"]);
  one.job = short_text(row["job"]);
  one.owner = short_text(row["owner"]);
  one.image_digest = short_text(row["image_digest"]);
  one.revision = row["revision"].as<int>();
  one.attempt = row["attempt"].as<int>();
  one.age = std::chrono::milliseconds{static_cast<std::int64_t>(row["age"].as<double>() * 1000)};
  one.fingerprint_before = short_text(row["before"]);
  one.fingerprint_after = short_text(row["after"]);
  const auto word = short_text(row["outcome"]);
  for (const auto outcome :
       {world::LedgerOutcome::Succeeded, world::LedgerOutcome::Failed, world::LedgerOutcome::Unknown}) {
    if (word == to_string(outcome)) one.outcome = outcome;
  }
  if (one.outcome.has_value() != !word.empty() || one.outcome.has_value() != row["closed"].as<bool>()) {
    throw Unfit(
        fmt::format("row {} of {} is half-written (outcome and finished contradict each other): mend or "
                    "delete it",
                    one.id, ledger));
  }
  return one;
}

}  // namespace

bool try_lock(Connection& connection) {
  pqxx::nontransaction work{connection};
  // It is idle for as long as a job runs, whatever the server's owner thinks of idle sessions.
  if (connection.server_version() >= 140000) work.exec("SET idle_session_timeout = 0");
  return only_row(work.exec(fmt::format("SELECT pg_catalog.pg_try_advisory_lock({})", lock_number)))[0].as<bool>();
}

bool holds_lock(pqxx::transaction_base& work) {
  return only_row(work.exec(
             fmt::format("SELECT count(*) FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() "
                         "AND {}",
                         lock_condition())))[0]
             .as<int>() > 0;
}

void unlock(Connection& connection) {
  pqxx::nontransaction work{connection};
  work.exec(fmt::format("SELECT pg_catalog.pg_advisory_unlock({})", lock_number));
}

std::optional<world::LockHolder> lock_holder(pqxx::transaction_base& work) {
  const auto rows = work.exec(fmt::format(
      "SELECT l.pid, coalesce(a.usename, '?') AS usename, coalesce(a.application_name, '') AS program, "
      "CASE WHEN a.backend_start IS NULL THEN '' ELSE coalesce(pg_catalog.host(a.client_addr), 'local') "
      "END AS client, coalesce(pg_catalog.to_char(a.backend_start AT TIME ZONE 'UTC', "
      "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '') AS since FROM pg_catalog.pg_locks l LEFT JOIN "
      "pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE {} AND l.pid <> pg_catalog.pg_backend_pid() LIMIT 1",
      lock_condition()));
  if (rows.empty()) return std::nullopt;
  return session_from(rows[0]);
}

std::optional<world::LockHolder> lock_waiter(pqxx::transaction_base& work) {
  // When it began to wait the server says only since version 14, of others' statements only to those who may see them.
  const auto rows = work.exec(fmt::format(
      "SELECT pid, usename, program, client, coalesce(pg_catalog.to_char(from_then AT TIME ZONE 'UTC', "
      "'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), '') AS since FROM (SELECT l.pid, coalesce(a.usename, '?') AS usename, "
      "coalesce(a.application_name, '') AS program, CASE WHEN a.backend_start IS NULL THEN '' ELSE "
      "coalesce(pg_catalog.host(a.client_addr), 'local') END AS client, coalesce((pg_catalog.to_jsonb(l) ->> "
      "'waitstart')::timestamptz, a.query_start) AS from_then FROM pg_catalog.pg_locks l LEFT JOIN "
      "pg_catalog.pg_stat_activity a ON a.pid = l.pid WHERE {}) w ORDER BY from_then, pid LIMIT 1",
      lock_condition(false)));
  if (rows.empty()) return std::nullopt;
  return session_from(rows[0]);
}

std::optional<std::string> find_ledger(pqxx::transaction_base& work, const spec::DatabaseTarget& target) {
  for (const auto& schema : target.schemas) {
    const auto rows = work.exec(fmt::format(
        "SELECT pg_catalog.format('%I.teal_migrations', n.nspname) FROM pg_catalog.pg_class c JOIN "
        "pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = 'teal_migrations' AND n.nspname = {}",
        work.quote(schema)));
    if (rows.empty()) continue;
    auto ledger = rows[0][0].as<std::string>();
    check_format(work, ledger);
    return ledger;
  }
  return std::nullopt;
}

void make_ledger(Connection& connection, const spec::DatabaseTarget& target) {
  pqxx::work work{connection};
  work.exec("SET LOCAL lock_timeout = '3s'; SET LOCAL client_min_messages = warning");
  if (!find_ledger(work, target)) {
    const auto schema = work.quote_name(target.schemas.front());
    work.exec(fmt::format("CREATE SCHEMA IF NOT EXISTS {}", schema));
    const auto ledger = schema + ".teal_migrations";
    work.exec(fmt::format(
        "CREATE TABLE {0} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, application text NOT NULL, job text NOT "
        "NULL, image_digest text NOT NULL, version text NOT NULL, owner text NOT NULL, revision int NOT NULL, attempt "
        "int "
        "NOT NULL, started timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(), finished timestamptz, outcome "
        "text, "
        "exit_code int, fingerprint_before text, fingerprint_after text, relations_before text[], created text[], "
        "CHECK "
        "(outcome IN ('Succeeded', 'Failed', 'Unknown')), CHECK ((finished IS NULL) = (outcome IS NULL))); COMMENT ON "
        "TABLE {0} IS {1}; REVOKE ALL ON {0} FROM PUBLIC",
        ledger, work.quote(fmt::format("{}{}", ledger_mark, ledger_format))));
  }
  work.commit();
}

void read_rows(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key,
               world::DatabaseView& view) {
  const auto ours = key_condition(work, key);
  // Of this Teal's own application one job runs at a time, whatever a row says.
  const auto others = fmt::format("outcome IS NULL AND (application <> {} OR owner <> {})", work.quote(key.application),
                                  work.quote(key.owner));
  const auto rows = work.exec(fmt::format(
      "SELECT id, {1} AS ours, application, job, owner, image_digest, revision, attempt, outcome, finished IS NOT NULL "
      "AS closed, coalesce(extract(epoch FROM pg_catalog.clock_timestamp() - started), 0)::float8 AS age, "
      "coalesce(fingerprint_before, '') AS before, coalesce(fingerprint_after, '') AS after FROM {0} WHERE ({1} AND "
      "(image_digest = {2} OR outcome IS NULL OR (owner = {4} AND revision >= {5}))) OR ({3}) ORDER BY id DESC LIMIT "
      "100",
      ledger, ours, work.quote(key.image_digest), others, work.quote(key.owner), key.revision));
  for (const auto& row : at_most(rows, 100)) {
    auto one = row_from(row, ledger);
    (row["ours"].as<bool>() ? view.rows : view.others).push_back(std::move(one));
  }
}

void close_open_rows(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key) {
  work.exec(fmt::format(
      "UPDATE {} SET finished = pg_catalog.clock_timestamp(), outcome = 'Unknown', fingerprint_after = ({}), created = "
      "ARRAY(SELECT pg_catalog.unnest(r.relations) EXCEPT SELECT pg_catalog.unnest(relations_before)) FROM ({}) r "
      "WHERE "
      "{} AND outcome IS NULL",
      ledger, fingerprint_query(), relations_query(), key_condition(work, key)));
}

void begin_row(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key) {
  const auto own = own_condition(work, key);
  if (!work.exec(fmt::format("SELECT id FROM {} WHERE {} AND outcome IS NULL", ledger, own)).empty()) return;
  close_open_rows(work, ledger, key);
  work.exec(fmt::format(
      "INSERT INTO {} (application, job, image_digest, version, owner, revision, attempt, fingerprint_before, "
      "relations_before) SELECT {}, {}, {}, {}, {}, {}, {}, ({}), r.relations FROM ({}) r",
      ledger, work.quote(key.application), work.quote(key.job), work.quote(key.image_digest), work.quote(key.version),
      work.quote(key.owner), key.revision, key.attempt, fingerprint_query(), relations_query()));
}

void finish_row(pqxx::transaction_base& work, const std::string& ledger, const ports::LedgerKey& key,
                world::LedgerOutcome outcome, std::optional<int> exit_code) {
  const auto own = own_condition(work, key);
  // One that was never noted is noted now: how it ended must not be lost.
  work.exec(fmt::format(
      "INSERT INTO {0} (application, job, image_digest, version, owner, revision, attempt) SELECT {1}, {2}, {3}, {4}, "
      "{5}, {6}, {7} WHERE NOT EXISTS (SELECT FROM {0} WHERE {8})",
      ledger, work.quote(key.application), work.quote(key.job), work.quote(key.image_digest), work.quote(key.version),
      work.quote(key.owner), key.revision, key.attempt, own));
  work.exec(fmt::format(
      "UPDATE {} SET finished = pg_catalog.clock_timestamp(), outcome = {}, exit_code = {}, fingerprint_after = ({}), "
      "created = CASE WHEN relations_before IS NULL THEN NULL ELSE ARRAY(SELECT pg_catalog.unnest(r.relations) EXCEPT "
      "SELECT pg_catalog.unnest(relations_before)) END FROM ({}) r WHERE {} AND outcome IS NULL",
      ledger, work.quote(std::string{to_string(outcome)}), number_or_null(exit_code), fingerprint_query(),
      relations_query(), own));
}

void keep_from(pqxx::transaction_base& work, const std::string& ledger, const std::string& user) {
  const auto may = work.exec(fmt::format(
      "SELECT FROM pg_catalog.pg_roles WHERE rolname = {0} AND rolname <> current_user AND NOT rolsuper AND "
      "pg_catalog.has_table_privilege(oid, {1}::regclass, 'INSERT, UPDATE, DELETE, TRUNCATE')",
      work.quote(user), work.quote(ledger)));
  if (!may.empty()) work.exec(fmt::format("REVOKE ALL ON {} FROM {}", ledger, work.quote_name(user)));
}

}  // namespace teal::postgres
