// `engines: [{name: local, docker: {host: unix:///var/run/docker.sock}}]`
#include "daemon/config/fields.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/drivers/engines/docker/comparison.hpp"
#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "daemon/drivers/engines/docker/docker_events.hpp"

namespace teal::docker {
namespace {

std::string read_docker_socket(const yaml::Field& field) {
  std::string socket = "/var/run/docker.sock";
  yaml::Section section{field};
  config::read_socket(section.get("host"), "unix:///var/run/docker.sock", socket);
  section.finish();
  return socket;
}

Result<drivers::Part<ports::Engine>> make_docker_part(const std::string& socket, drivers::DriverContext context) {
  http::Endpoint endpoint;
  endpoint.unix_socket = true;
  endpoint.path = socket;
  auto inventory = std::make_shared<Inventory>(context.owner);
  inventory->follow(Inventory::Followed::NotYet);
  DockerOptions options;
  options.endpoint = endpoint;
  options.owner = std::move(context.owner);
  options.inventory = inventory;
  options.telemetry = context.telemetry;
  options.registry = context.registry;
  DockerComparison comparison;
  comparison.endpoint = endpoint;
  comparison.inventory = inventory;
  comparison.telemetry = context.telemetry;
  comparison.on_change = context.changed;
  DockerWatch watch;
  watch.endpoint = std::move(endpoint);
  watch.inventory = std::move(inventory);
  watch.on_change = std::move(context.changed);
  watch.on_state = std::move(context.answers);
  drivers::Part<ports::Engine> part{make_docker_engine(std::move(context.executor), std::move(options))};
  part.tasks.push_back(watch_docker_events(std::move(watch)));
  part.tasks.push_back(compare_inventory(std::move(comparison)));
  return part;
}

}  // namespace

}  // namespace teal::docker

namespace teal::drivers {

void register_engine_docker(Drivers& drivers) {
  Driver<Make<Part<ports::Engine>>> driver;
  driver.key = "docker";
  driver.is_default = true;
  driver.read = [](const yaml::Field& field) {
    return [socket = docker::read_docker_socket(field)](DriverContext context) {
      return docker::make_docker_part(socket, std::move(context));
    };
  };
  drivers.engines.push_back(std::move(driver));
}

}  // namespace teal::drivers
