#include "controllers/ports/database.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace teal {

using boost::asio::awaitable;

namespace {

awaitable<Result<DatabaseLogin>> read_login(Secrets& secrets, DatabaseUser from) {
  auto user = co_await secrets.read(from.user);
  if (!user) co_return within("user", user.error());
  auto password = co_await secrets.read(from.password);
  if (!password) co_return within("password", password.error());
  DatabaseLogin login;
  login.user = user->reveal();
  login.password = std::move(*password);
  co_return login;
}

}  // namespace

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

DatabaseFinding grants_missing(const Job& job, const std::vector<std::string>& names) {
  constexpr std::size_t most = 20;  // named; a person looks at the rest there
  auto listed = fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<long>(std::min(most, names.size())), ", "));
  if (names.size() > most) listed += fmt::format(" and {} more", names.size() - most);
  return {"ApplicationUserGrants", "GrantsMissing",
          fmt::format("migration job {} made what the application user can do nothing with in {}: {}: GRANT it, then "
                      "retry",
                      job.name, place_of(*job.database), listed),
          true, false};
}

std::string place_of(const DatabaseTarget& target) {
  return fmt::format("database {} on {}:{}", target.name, target.host, target.port);
}

std::string to_string(const LockHolder& holder) {
  auto text = fmt::format("process {} (user {}, {}", holder.process, holder.user,
                          holder.program.empty() ? "no application_name" : holder.program);
  if (!holder.client.empty()) text += holder.client == "local" ? ", local" : ", from " + holder.client;
  if (!holder.since.empty()) text += ", since " + holder.since;
  return text + ")";
}

awaitable<Result<DatabaseAccess>> read_access(Secrets& secrets, DatabaseTarget target) {
  auto application = co_await read_login(secrets, target.application);
  if (!application) co_return within("database.application", application.error());
  auto migration = co_await read_login(secrets, target.migration);
  if (!migration) co_return within("database.migration", migration.error());
  DatabaseAccess access;
  access.target = std::move(target);
  access.application = std::move(*application);
  access.migration = std::move(*migration);
  co_return access;
}

}  // namespace teal
