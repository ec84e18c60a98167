// Where values come from: nothing of it is in teald.yaml.
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/secrets/secrets.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::secrets {
namespace {

constexpr std::size_t program_threads = 4;  // of fromExec

Result<drivers::Part<ports::Secrets>> make_secrets_part(drivers::DriverContext context) {
  return drivers::Part<ports::Secrets>{make_secrets(*context.files, context.threads(program_threads))};
}

}  // namespace

}  // namespace teal::secrets

namespace teal::drivers {

void register_secrets(Drivers& drivers) {
  Driver<Make<Part<ports::Secrets>>> driver;
  driver.is_default = true;
  driver.read = [](const yaml::Field&) { return secrets::make_secrets_part; };
  drivers.secrets.push_back(std::move(driver));
}

}  // namespace teal::drivers
