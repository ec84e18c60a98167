// `registries:` of teald.yaml; without it, every registry is asked as nobody in particular.
#include <cstdlib>
#include <optional>

#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/registries/read_registries.hpp"
#include "daemon/drivers/registries/registries.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::registries {
namespace {

constexpr std::size_t helper_threads = 2;  // of registries' helper programs

std::optional<std::string> own_environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

Result<drivers::Part<ports::Registry>> make_registries_part(std::vector<RegistryRule> rules,
                                                            drivers::DriverContext context) {
  aws::CredentialEnvironment in;
  in.executor = std::move(context.executor);
  in.variable = own_environment;
  in.clock = context.clock;
  in.files = context.files;
  in.programs = &context.threads(helper_threads);
  in.secrets = context.secrets;
  in.telemetry = context.telemetry;
  return drivers::Part<ports::Registry>{make_registries(std::move(in), std::move(rules))};
}

}  // namespace

}  // namespace teal::registries

namespace teal::drivers {

void register_registries(Drivers& drivers) {
  Driver<Make<Part<ports::Registry>>> driver;
  driver.key = "registries";
  driver.is_default = true;
  driver.read = [](const yaml::Field& field) {
    std::vector<registries::RegistryRule> rules;
    yaml::read(field, rules);
    return [rules](DriverContext context) { return registries::make_registries_part(rules, std::move(context)); };
  };
  drivers.registries.push_back(std::move(driver));
}

}  // namespace teal::drivers
