#include "controllers/world/database.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace teal::world {

std::string_view to_string(LedgerOutcome outcome) {
  switch (outcome) {
    case LedgerOutcome::Succeeded:
      return "Succeeded";
    case LedgerOutcome::Failed:
      return "Failed";
    case LedgerOutcome::Unknown:
      return "Unknown";
  }
  return "?";
}

objects::Finding grants_missing(const spec::Job& job, const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;  // named; a person looks at the rest there
  auto listed = fmt::format(
      "{}", fmt::join(names.begin(), names.begin() + static_cast<long>(std::min(most, names.size())), ", "));
  if (names.size() > most) listed += fmt::format(" and {} more", names.size() - most);
  return {"ApplicationUserGrants", spec::Reason::GrantsMissing,
          fmt::format("migration job {} made what the application user can do nothing with in {}: {}: GRANT it, then "
                      "retry",
                      job.name, place_of(*job.database), listed),
          true, false};
}

std::string place_of(const spec::DatabaseTarget& target) {
  return fmt::format("database {} on {}:{}", target.name, target.host, target.port);
}

// Neither PostgreSQL nor the job sees that they wait for each other: the lock is in another session than the job's.
std::string waits_text(const LockHolder& waiter) {
  return fmt::format(
      "{} waits for the migration lock in one long statement, and an index that a job builds CONCURRENTLY waits for "
      "such "
      "a session without end: SELECT pg_cancel_backend({}), and take the lock with pg_try_advisory_lock",
      to_string(waiter), waiter.process);
}

std::string to_string(const LockHolder& holder) {
  auto text = fmt::format("process {} (user {}, {}", holder.process, holder.user,
                          holder.program.empty() ? "no application_name" : holder.program);
  if (!holder.client.empty()) text += holder.client == "local" ? ", local" : ", from " + holder.client;
  if (!holder.since.empty()) text += ", since " + holder.since;
  return text + ")";
}

}  // namespace teal::world
