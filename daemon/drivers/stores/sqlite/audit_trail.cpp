// The part of the database that keeps who changed what. What may happen to its rows is the schema's business:
// migrations/sqlite/0004_audit.sql.
#include <algorithm>
#include <boost/json/value_from.hpp>
#include <chrono>

#include "daemon/drivers/stores/sqlite/database.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::sqlite {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t entries_pruned_at_once = 500;  // other calls wait meanwhile
constexpr std::size_t most_at_once = 100000;

constexpr const char* columns =
    "sequence, time, application, action, name, proof, source, method, path, reason, generation_before,"
    " generation_after, patch, denied, status, count";

records::AuditEntry read_entry(const Statement& row) {
  records::AuditEntry entry;
  entry.sequence = row.integer(0);
  entry.time = Time{Duration{row.integer(1)}};
  entry.application = row.text(2);
  entry.action = row.text(3);
  entry.by.name = row.text(4);
  entry.by.proof = row.text(5);
  entry.by.from = row.text(6);
  entry.by.method = row.text(7);
  entry.by.path = row.text(8);
  entry.by.reason = row.text(9);
  entry.generation_before = row.integer(10);
  entry.generation_after = row.integer(11);
  entry.patch = row.text(12);
  entry.outcome = row.integer(13) != 0 ? records::AuditOutcome::Denied : records::AuditOutcome::Allowed;
  entry.status = static_cast<int>(row.integer(14));
  entry.count = row.integer(15);
  return entry;
}

}  // namespace

void Database::insert(const std::vector<records::AuditEntry>& entries) {
  for (const auto& entry : entries) {
    Statement(connection_,
              "INSERT INTO audit (time, application, action, name, proof, source, method, path, reason,"
              " generation_before, generation_after, patch, denied, status, count)"
              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
              std::int64_t{entry.time.time_since_epoch().count()}, entry.application, entry.action, entry.by.name,
              entry.by.proof, entry.by.from, entry.by.method, entry.by.path, entry.by.reason, entry.generation_before,
              entry.generation_after, entry.patch, std::int64_t{entry.outcome == records::AuditOutcome::Denied},
              std::int64_t{entry.status}, entry.count)
        .run();
  }
}

std::vector<records::AuditEntry> Database::audit(const ports::AuditQuery& query) {
  // Conditions that are not asked for are left out, so that each question finds its index.
  std::string sql = std::string{"SELECT "} + columns + " FROM audit WHERE sequence > ?1";
  sql += query.application.empty() ? " AND ?2 = ''" : " AND application = ?2";
  sql += query.since ? " AND time >= ?3" : " AND ?3 = 0";
  sql += query.fitting.empty() ? " AND ?5 = '[]'"
                               : " AND application <> '' AND EXISTS (SELECT 1 FROM json_each(?5) AS its"
                                 " WHERE application GLOB its.value)";
  sql += query.after ? " ORDER BY sequence LIMIT ?4" : " ORDER BY sequence DESC LIMIT ?4";
  Statement rows(connection_, sql, query.after.value_or(0), query.application,
                 std::int64_t{query.since.value_or(Time{}).time_since_epoch().count()},
                 static_cast<std::int64_t>(std::min(query.limit, most_at_once)),
                 wire::json_text(boost::json::value_from(query.fitting)));
  std::vector<records::AuditEntry> found;
  while (rows.next()) found.push_back(read_entry(rows));
  if (!query.after) std::ranges::reverse(found);
  return found;
}

std::size_t Database::prune_audit(Time before) {
  // The schema refuses more, by the same clock.
  const auto an_hour_ago = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - 1h;
  const auto kept_from = std::min(before, Time{an_hour_ago} + 1ms);
  Transaction transaction(connection_);
  std::size_t taken = 0;
  std::int64_t up_to = 0;
  {
    Statement oldest(connection_, "SELECT sequence, time FROM audit ORDER BY sequence LIMIT ?", entries_pruned_at_once);
    // An entry of a clock that was ahead holds those after it back until its time has come: nothing leaves too early.
    while (oldest.next() && Time{Duration{oldest.integer(1)}} < kept_from) {
      up_to = oldest.integer(0);
      ++taken;
    }
  }
  if (taken == 0) return 0;
  Statement(connection_, "UPDATE audit_pruned SET up_to = ?", up_to).run();
  transaction.commit();
  return taken;
}

}  // namespace teal::sqlite
