// The database that a migration changes, as it was last seen: its ledger, who holds its lock, what preflight found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/api/database.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/spec/application.hpp"
#include "manifests/spec/reason.hpp"

namespace teal::world {

enum class LedgerOutcome { Succeeded, Failed, Unknown };

// What the ledger says of one attempt. Fingerprints are of the whole schema: tables, columns, types, constraints,
// indexes, sequences, views, functions, triggers.
struct LedgerRow {
  std::int64_t id = 0;
  std::string application;
  std::string job;
  std::string owner;
  std::string image_digest;
  int revision = 0;
  int attempt = 0;
  std::optional<LedgerOutcome> outcome;  // none: it is under way, or whoever ran it never came back
  Duration age{0};                       // since it started, by the server's clock
  std::string fingerprint_before;
  std::string fingerprint_after;  // empty while it is under way

  bool operator==(const LedgerRow&) const = default;
};

// Who holds the migration lock, as the server shows its sessions.
struct LockHolder {
  int process = 0;  // the server's process id
  std::string user;
  std::string program;  // application_name
  std::string client;   // address, or "local"; empty: this user may not see it (pg_read_all_stats)
  std::string since;    // when that session began, RFC 3339; likewise

  bool operator==(const LockHolder&) const = default;
};

struct DatabaseView {
  bool held = false;                 // this process holds the lock for this job
  std::optional<LockHolder> holder;  // when somebody else does
  std::optional<LockHolder> waiter;  // the session that waits longest for the lock; since: for how long it has
  std::vector<LedgerRow> rows;       // of this application and job, newest first; empty also while there is no ledger
  // Open, newest first, of other applications in this database, and of another Teal's other jobs.
  std::vector<LedgerRow> others;
  std::string fingerprint;  // of the schema now; empty when it was not asked for

  bool operator==(const DatabaseView&) const = default;
};

[[nodiscard]] std::string_view to_string(LedgerOutcome outcome);

// The finding that the application user can do nothing with what the job made.
[[nodiscard]] objects::Finding grants_missing(const spec::Job& job, const std::vector<std::string>& names);

// "database generator on db.internal:5432"
[[nodiscard]] std::string place_of(const spec::DatabaseTarget& target);

// What a session that waits for the lock does to a job, and what to do about it.
[[nodiscard]] std::string waits_text(const LockHolder& waiter);

// "process 4711 (user dba, psql, from 10.0.0.7, since 2026-01-01T00:00:00Z)"
[[nodiscard]] std::string to_string(const LockHolder& holder);

}  // namespace teal::world
