// The part of the database that keeps containers' output.
#include <fmt/format.h>

#include <chrono>

#include "controllers/records/kept_log.hpp"
#include "daemon/drivers/stores/sqlite/database.hpp"
#include "manifests/spec/quantity.hpp"

namespace teal::sqlite {
namespace {

constexpr std::int64_t pruned_at_once = 500;  // other calls wait meanwhile

struct OldLog {
  std::string application;
  std::int64_t revision = 0;
  std::string source;
  Time kept_at;
  std::int64_t size = 0;
};

// Oldest first, without those that are never taken: of the newest rollout and of the revision that serves.
std::vector<OldLog> oldest(Connection& connection, Time until) {
  std::vector<OldLog> logs;
  Statement rows(
      connection,
      "SELECT application, revision, source, kept_at, size FROM logs WHERE pruned = 0 AND kept_at <= ? AND NOT EXISTS ("
      "SELECT 1 FROM rollouts AS newest WHERE newest.application = logs.application AND newest.revision ="
      " (SELECT max(revision) FROM rollouts WHERE application = logs.application) AND (logs.revision >="
      " newest.revision OR logs.revision = json_extract(newest.record, '$.active.number')))"
      " ORDER BY kept_at, application, revision, source LIMIT ?",
      std::int64_t{until.time_since_epoch().count()}, pruned_at_once);
  while (rows.next()) {
    logs.push_back({rows.text(0), rows.integer(1), rows.text(2), Time{Duration{rows.integer(3)}}, rows.integer(4)});
  }
  return logs;
}

}  // namespace

void Database::keep_log(const std::string& application, int revision, const std::string& source,
                        const std::string& text) {
  const auto most = static_cast<std::size_t>(limits_.max_entry);
  const auto kept = text.size() > most ? records::truncated_log(text, most) : text;
  const auto now = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  Transaction transaction(connection_);
  Statement(
      connection_,
      "INSERT INTO logs (application, revision, source, text, kept_at, size) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT"
      " (application, revision, source) DO UPDATE SET text = excluded.text, kept_at = excluded.kept_at,"
      " size = excluded.size, pruned = 0",
      application, std::int64_t{revision}, source, kept, std::int64_t{now.time_since_epoch().count()},
      static_cast<std::int64_t>(kept.size()))
      .run();
  transaction.commit();
}

std::vector<std::pair<std::string, std::string>> Database::logs(const std::string& application, int revision) {
  std::vector<std::pair<std::string, std::string>> found;
  Statement rows(connection_, "SELECT source, text FROM logs WHERE application = ? AND revision = ? ORDER BY source",
                 application, std::int64_t{revision});
  while (rows.next()) found.emplace_back(rows.text(0), rows.text(1));
  return found;
}

std::size_t Database::prune_logs(Time now) {
  Transaction transaction(connection_);
  Statement sum(connection_, "SELECT coalesce(sum(size), 0) FROM logs WHERE pruned = 0");
  auto total = sum.next() ? sum.integer(0) : 0;
  std::size_t taken = 0;
  // Most of the time there is nothing to do, and the store's other callers wait.
  for (const auto& log : oldest(connection_, total > limits_.max_size ? Time::max() : now - limits_.keep)) {
    const bool too_old = log.kept_at + limits_.keep <= now;
    if (!too_old && total <= limits_.max_size) break;
    const auto why = too_old
                         ? fmt::format("it was kept for {} (logs.keep in teald.yaml)", format_duration(limits_.keep))
                         : fmt::format("kept logs were larger than {} together (logs.maxSize in teald.yaml)",
                                       spec::format_memory(limits_.max_size));
    const auto text = fmt::format("(this log was removed at {}: {})\n", format_time(now), why);
    Statement(connection_,
              "UPDATE logs SET text = ?, size = 0, pruned = 1 WHERE application = ? AND revision = ? AND source = ?",
              text, log.application, log.revision, log.source)
        .run();
    total -= log.size;
    ++taken;
  }
  transaction.commit();
  return taken;
}

}  // namespace teal::sqlite
