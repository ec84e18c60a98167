#include "daemon/drivers/databases/postgres/preflight.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/transaction>
#include <utility>

#include "daemon/drivers/databases/postgres/ledger.hpp"
#include "daemon/drivers/databases/postgres/pooler.hpp"
#include "daemon/drivers/databases/postgres/server_identity.hpp"
#include "daemon/drivers/databases/postgres/session.hpp"

namespace teal::postgres {
namespace {

using boost::asio::awaitable;
using Findings = std::vector<objects::Finding>;

constexpr int oldest_server = 130000;  // as libpq counts; trusted extensions are of 13
constexpr int connections_wanted = 3;  // the job's, the lock's, one for a look

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

objects::Finding unreachable(const Error& error, const spec::Reason& login_refused) {
  const auto& text = error.message;
  if (has(text, "too many clients") || has(text, "connection slots are reserved") ||
      has(text, "too many connections")) {
    return {"FreeConnections", spec::Reason::NoFreeConnections, text, true, true};
  }
  if (has(text, answers_without_end)) return {"DatabaseReachable", spec::Reason::AnswersWithoutEnd, text, true, false};
  if (has(text, "unsupported startup parameter") || has(text, "pgbouncer")) {
    return {"DirectConnection", spec::Reason::PoolerRefuses, text, true, false};
  }
  if (has(text, "SSL") || has(text, "certificate") || has(text, "no encryption")) {
    return {"DatabaseTls", spec::Reason::TlsNotAsAsked, text, true, false};
  }
  if (error.code == ErrorCode::denied) {
    return {"DatabaseReachable", login_refused, text, true, false};
  }
  if (has(text, "does not exist")) return {"DatabaseReachable", spec::Reason::NoSuchDatabase, text, true, false};
  const bool passes = error.code == ErrorCode::unavailable || error.code == ErrorCode::timed_out;
  return {"DatabaseReachable", spec::Reason::Unreachable, text, true, passes};
}

// Older ones lack what the ledger and the looks are made of; nothing is asked of them.
std::optional<objects::Finding> too_old(Connection& connection) {
  const int version = connection.server_version();
  if (version >= oldest_server) return std::nullopt;
  return objects::Finding{"ServerSupported", spec::Reason::ServerTooOld,
                          fmt::format("this is PostgreSQL {}.{}; Teal needs {} or newer", version / 10000,
                                      version % 10000, oldest_server / 10000),
                          true, false};
}

void look_at_server(pqxx::transaction_base& work, Findings& found) {
  const auto row = only_row(work.exec(
      "SELECT pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('default_transaction_read_only') = 'on', "
      "pg_catalog.current_setting('max_connections')::int - "
      "pg_catalog.current_setting('superuser_reserved_connections')::int - "
      "coalesce(pg_catalog.current_setting('reserved_connections', true), '0')"  // from 16 on
      "::int - (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE backend_type = 'client backend')::int, (SELECT "
      "CASE "
      "WHEN datconnlimit < 0 THEN 1000000 ELSE datconnlimit - (SELECT count(*) FROM pg_catalog.pg_stat_activity a "
      "WHERE "
      "a.datid = d.oid)::int END FROM pg_catalog.pg_database d WHERE datname = pg_catalog.current_database()), (SELECT "
      "CASE WHEN rolconnlimit < 0 THEN 1000000 ELSE rolconnlimit - (SELECT count(*) FROM pg_catalog.pg_stat_activity a "
      "WHERE a.usesysid = r.oid)::int END FROM pg_catalog.pg_roles r WHERE rolname = current_user)"));
  if (row[0].as<bool>()) {
    found.push_back({"DatabaseWritable", spec::Reason::Replica,
                     "this server is a replica (pg_is_in_recovery): name the primary", true, false});
  } else if (row[1].as<bool>()) {
    found.push_back({"DatabaseWritable", spec::Reason::ReadOnly,
                     "transactions of the migration user are read-only here (default_transaction_read_only)", true,
                     false});
  }
  const int left = std::min({row[2].as<int>(), row[3].as<int>(), row[4].as<int>()});
  if (left < connections_wanted) {
    found.push_back(
        {"FreeConnections", spec::Reason::FewConnections,
         fmt::format("connections left for the migration user: {}; wanted: {}", std::max(0, left), connections_wanted),
         true, true});
  }
}

// The best proof is to do it, and to take it back.
void try_schema(Connection& connection, const std::string& schema, Findings& found) {
  pqxx::work work{connection};
  const auto name = work.quote_name(schema);
  const bool exists =
      !work.exec(fmt::format("SELECT FROM pg_catalog.pg_namespace WHERE nspname = {}", work.quote(schema))).empty();
  const std::string probe = name + ".teal_preflight";
  try {
    work.exec("SET LOCAL lock_timeout = '3s'; SET LOCAL client_min_messages = warning");
    if (!exists) work.exec("CREATE SCHEMA " + name);
    work.exec(fmt::format("CREATE TABLE {0} (a int); ALTER TABLE {0} ADD COLUMN b text; DROP TABLE {0}", probe));
  } catch (const pqxx::sql_error& failure) {
    found.push_back({"MigrationUserPrivileges", spec::Reason::MigrationUserCannotChangeSchema,
                     fmt::format("the migration user cannot create, alter and drop in schema {}: {}", schema,
                                 error_of(failure).message),
                     true, false});
  }
}

void look_at_owners(pqxx::transaction_base& work, const spec::DatabaseTarget& target, Findings& found) {
  for (const auto& schema : target.schemas) {
    const auto rows = work.exec(
        fmt::format("SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c JOIN "
                    "pg_catalog.pg_namespace n "
                    "ON n.oid = c.relnamespace WHERE n.nspname = {} AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND NOT "
                    "pg_catalog.pg_has_role(current_user, c.relowner, 'USAGE') AND NOT EXISTS (SELECT FROM "
                    "pg_catalog.pg_depend d WHERE "
                    "d.objid = c.oid AND d.deptype = 'e') ORDER BY 1 LIMIT 5",
                    work.quote(schema)));
    if (rows.empty()) continue;
    std::vector<std::string> names;
    for (const auto& row : at_most(rows, 5)) names.push_back(short_text(row[0]));
    found.push_back(
        {"MigrationUserPrivileges", spec::Reason::MigrationUserOwnsNotAll,
         fmt::format("the migration user does not own, so cannot alter or drop: {}", fmt::join(names, ", ")), true,
         false});
  }
}

// With the application user's own eyes.
void look_at_application(pqxx::transaction_base& work, const spec::DatabaseTarget& target, bool strict,
                         Findings& found) {
  std::vector<std::string> can;
  const auto role = only_row(
      work.exec("SELECT rolsuper, pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE') FROM "
                "pg_catalog.pg_roles WHERE rolname = current_user"));
  if (role[0].as<bool>()) can.emplace_back("it is a superuser");
  if (!role[0].as<bool>() && role[1].as<bool>()) can.emplace_back("it may create schemas");
  for (const auto& schema : target.schemas) {
    if (role[0].as<bool>()) break;
    const auto rows = work.exec(fmt::format(
        "SELECT pg_catalog.has_schema_privilege(n.oid, 'CREATE'), (SELECT count(*) FROM pg_catalog.pg_class c WHERE "
        "c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'v', 'm', 'S') AND pg_catalog.pg_has_role(current_user, "
        "c.relowner, 'USAGE'))::int FROM pg_catalog.pg_namespace n WHERE n.nspname = {}",
        work.quote(schema)));
    if (rows.empty()) continue;
    if (rows[0][0].as<bool>()) can.push_back(fmt::format("it may create in schema {}", schema));
    if (rows[0][1].as<int>() > 0)
      can.push_back(fmt::format("it owns {} relations of schema {}", rows[0][1].as<int>(), schema));
  }
  if (can.empty()) return;
  found.push_back({"ApplicationUserRestricted", spec::Reason::ApplicationUserCanChangeSchema,
                   fmt::format("the application user can change the schema: {}", fmt::join(can, ", ")), strict, false});
}

void look_at_extensions(pqxx::transaction_base& work, const spec::DatabaseTarget& target, Findings& found) {
  for (const auto& extension : target.extensions) {
    const auto row = only_row(work.exec(fmt::format(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = {0}), EXISTS (SELECT FROM "
        "pg_catalog.pg_available_extensions WHERE name = {0}), EXISTS (SELECT FROM "
        "pg_catalog.pg_available_extension_versions v JOIN pg_catalog.pg_roles r ON r.rolname = current_user WHERE "
        "v.name = "
        "{0} AND (r.rolsuper OR (v.trusted AND pg_catalog.has_database_privilege(pg_catalog.current_database(), "
        "'CREATE'))))",
        work.quote(extension))));
    if (row[0].as<bool>()) continue;
    if (!row[1].as<bool>()) {
      found.push_back({"ExtensionsPresent", spec::Reason::ExtensionNotInstalled,
                       fmt::format("the extension {} is not installed on the server", extension), true, false});
    } else if (row[2].as<bool>()) {
      found.push_back(
          {"ExtensionsPresent", spec::Reason::ExtensionMissing,
           fmt::format("the extension {} is not in this database yet; the migration user may create it", extension),
           false, false});
    } else {
      found.push_back(
          {"ExtensionsPresent", spec::Reason::ExtensionMissing,
           fmt::format("the extension {} is not in this database, and the migration user may not create it: "
                       "CREATE EXTENSION {} as a superuser",
                       extension, work.quote_name(extension)),
           true, false});
    }
  }
}

// Each user sees its own sessions; those of others only with pg_read_all_stats.
void look_at_sessions(pqxx::transaction_base& work, std::chrono::seconds long_transaction, Findings& found) {
  const auto rows = work.exec(fmt::format(
      "SELECT pid, usename, application_name, state, extract(epoch FROM pg_catalog.clock_timestamp() - "
      "xact_start)::int AS "
      "age FROM pg_catalog.pg_stat_activity WHERE datid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
      "pg_catalog.current_database()) AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend' AND "
      "((state LIKE 'idle in transaction%' AND state_change < pg_catalog.clock_timestamp() - interval '1 second') OR "
      "xact_start < pg_catalog.clock_timestamp() - interval '{} seconds') ORDER BY xact_start LIMIT 10",
      long_transaction.count()));
  for (const auto& row : at_most(rows, 10)) {
    const auto state = row["state"].is_null() ? std::string{"?"} : short_text(row["state"]);
    const bool idle = state.starts_with("idle in transaction");
    found.push_back(
        {"NoBlockingSessions", idle ? spec::Reason::IdleInTransaction : spec::Reason::LongTransaction,
         fmt::format(
             "process {} (user {}, {}) is {}, in a transaction for {} s: a change of its tables would queue behind "
             "it, and every query behind that",
             row["pid"].as<int>(), short_text(row["usename"]), short_text(row["application_name"]), state,
             row["age"].is_null() ? 0 : row["age"].as<int>()),
         false, true});
  }
}

// Such a transaction holds its locks without a session: nothing of it is among those above, and it survives restarts.
void look_at_prepared(pqxx::transaction_base& work, std::chrono::seconds long_transaction, Findings& found) {
  const auto rows = work.exec(fmt::format(
      "SELECT gid, owner, pg_catalog.to_char(prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS since, "
      "pg_catalog.quote_literal(gid) AS quoted FROM pg_catalog.pg_prepared_xacts WHERE database = "
      "pg_catalog.current_database() AND prepared < pg_catalog.clock_timestamp() - interval '{} seconds' ORDER BY "
      "prepared LIMIT 5",
      long_transaction.count()));
  for (const auto& row : at_most(rows, 5)) {
    found.push_back(
        {"NoBlockingSessions", spec::Reason::PreparedTransaction,
         fmt::format("transaction {} of user {} is prepared since {} and neither committed nor rolled back: "
                     "a change of its tables would queue behind it without end. COMMIT PREPARED {} or "
                     "ROLLBACK PREPARED it",
                     short_text(row["gid"]), short_text(row["owner"]), short_text(row["since"]),
                     short_text(row["quoted"])),
         false, true});
  }
}

// Left by a build with CONCURRENTLY that was cut short or failed. Whoever builds one right now locks its table so.
void look_at_indexes(pqxx::transaction_base& work, const spec::DatabaseTarget& target, Findings& found) {
  for (const auto& schema : target.schemas) {
    const auto rows = work.exec(fmt::format(
        "SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c "
        "ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {} AND "
        "c.relkind = 'i' AND NOT i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = "
        "i.indrelid AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
        "pg_catalog.current_database()) AND l.mode = 'ShareUpdateExclusiveLock') ORDER BY 1 LIMIT 5",
        work.quote(schema)));
    for (const auto& row : at_most(rows, 5)) {
      const auto index = short_text(row[0]);
      found.push_back(
          {"IndexesValid", spec::Reason::InvalidIndex,
           fmt::format("index {0} is invalid: its build with CONCURRENTLY did not finish. No query uses it, "
                       "and CREATE INDEX … IF NOT EXISTS would take it for done: DROP INDEX CONCURRENTLY "
                       "{0}, then build it again",
                       index),
           false, false});
    }
  }
}

void look_at_waiter(pqxx::transaction_base& work, Findings& found) {
  if (const auto waiter = lock_waiter(work)) {
    found.push_back(
        {"NoBlockingSessions", spec::Reason::WaitsForMigrationLock, world::waits_text(*waiter), false, true});
  }
}

void look_as_migration(Connection& connection, const ports::DatabaseAccess& access,
                       std::chrono::seconds long_transaction, Findings& found) {
  if (auto why = transaction_pooler(connection, access.target, access.migration)) {
    found.push_back({"DirectConnection", spec::Reason::TransactionPooler, *why, true, false});
    return;
  }
  {
    pqxx::nontransaction work{connection};
    look_at_server(work, found);
    look_at_owners(work, access.target, found);
    look_at_extensions(work, access.target, found);
    look_at_sessions(work, long_transaction, found);
    look_at_prepared(work, long_transaction, found);
    look_at_waiter(work, found);
    look_at_indexes(work, access.target, found);
    try {
      static_cast<void>(find_ledger(work, access.target));
    } catch (const Unfit& failure) {
      found.push_back({"LedgerUsable", spec::Reason::LedgerFormat, failure.what(), true, false});
    }
  }
  for (const auto& finding : found) {
    if (finding.type == "DatabaseWritable") return;  // nothing can be tried
  }
  for (const auto& schema : access.target.schemas) try_schema(connection, schema, found);
}

}  // namespace

awaitable<Result<Findings>> inspect(runtime::BlockingPool& pool, ports::DatabaseAccess access, InspectOptions options) {
  const auto deadline = options.deadline;
  const auto found = std::make_shared<Findings>();
  if (auto weak = weak_identity(access.target)) found->push_back(std::move(*weak));
  auto login = access.migration;
  auto migration = co_await open_session(pool, access, login, "teal preflight");
  if (!migration) {
    found->push_back(unreachable(migration.error(), spec::Reason::MigrationLoginRefused));
    if (found->back().reason == spec::Reason::Unreachable) co_return std::move(*found);  // once is enough
  } else {
    auto work = [found, access, options](Connection& connection) {
      if (auto old = too_old(connection)) {
        found->push_back(std::move(*old));
      } else {
        look_as_migration(connection, access, options.long_transaction, *found);
      }
    };
    auto done = co_await use_session(pool, *migration, deadline, std::move(work));
    if (!done)
      found->push_back(
          unreachable(within(world::place_of(access.target), done.error()), spec::Reason::MigrationLoginRefused));
    if (!found->empty() && found->back().reason == spec::Reason::ServerTooOld) co_return std::move(*found);
  }
  login = access.application;
  auto application = co_await open_session(pool, access, std::move(login), "teal preflight");
  if (!application) {
    found->push_back(unreachable(application.error(), spec::Reason::ApplicationLoginRefused));
    co_return std::move(*found);
  }
  auto work = [found, access, options](Connection& connection) {
    pqxx::nontransaction transaction{connection};
    look_at_application(transaction, access.target, options.strict, *found);
    Findings sessions;
    look_at_sessions(transaction, options.long_transaction, sessions);
    for (auto& one : sessions) {
      if (std::ranges::find(*found, one) == found->end()) found->push_back(std::move(one));
    }
  };
  auto done = co_await use_session(pool, *application, deadline, std::move(work));
  if (!done)
    found->push_back(
        unreachable(within(world::place_of(access.target), done.error()), spec::Reason::ApplicationLoginRefused));
  co_return std::move(*found);
}

}  // namespace teal::postgres
