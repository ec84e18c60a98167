// The databases that applications' jobs migrate: nothing of them is in teald.yaml.
#include "controllers/ports/database.hpp"
#include "daemon/drivers/databases/postgres/postgres_database.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::postgres {
namespace {

constexpr std::size_t postgres_threads = 4;  // a server that hangs holds one until its call's deadline

Result<drivers::Part<ports::Database>> make_postgres_part(drivers::DriverContext context) {
  PostgresOptions options;
  options.telemetry = context.telemetry;
  return drivers::Part<ports::Database>{make_postgres(context.threads(postgres_threads), options)};
}

}  // namespace

}  // namespace teal::postgres

namespace teal::drivers {

void register_database_postgres(Drivers& drivers) {
  Driver<Make<Part<ports::Database>>> driver;
  driver.key = "postgres";
  driver.is_default = true;
  driver.read = [](const yaml::Field&) { return postgres::make_postgres_part; };
  drivers.databases.push_back(std::move(driver));
}

}  // namespace teal::drivers
