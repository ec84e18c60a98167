#include "controllers/ports/database.hpp"

namespace teal::ports {

using boost::asio::awaitable;

namespace {

awaitable<Result<DatabaseLogin>> read_login(Secrets& secrets, spec::DatabaseUser from) {
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

awaitable<Result<DatabaseAccess>> read_access(Secrets& secrets, spec::DatabaseTarget target) {
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

}  // namespace teal::ports
