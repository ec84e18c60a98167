#include "cli/init/containers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "cli/fields.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::cli {
namespace {

namespace json = boost::json;

const json::value& inspected_at(const json::value& value, std::string_view pointer) {
  static const json::value nothing;
  const auto* found = find(value, pointer);
  return found == nullptr ? nothing : *found;
}

std::int64_t number_at(const json::value& value, std::string_view pointer) {
  const auto& found = inspected_at(value, pointer);
  return found.is_int64() ? found.get_int64() : found.is_uint64() ? static_cast<std::int64_t>(found.get_uint64()) : 0;
}

bool truth_at(const json::value& value, std::string_view pointer) {
  const auto& found = inspected_at(value, pointer);
  return found.is_bool() && found.get_bool();
}

std::vector<std::string> strings_at(const json::value& value, std::string_view pointer) {
  std::vector<std::string> texts;
  for (const auto& item : items_at(value, pointer)) {
    if (item.is_string()) texts.emplace_back(item.get_string());
  }
  return texts;
}

Duration nanoseconds_at(const json::value& value, std::string_view pointer) {
  return std::chrono::duration_cast<Duration>(std::chrono::nanoseconds{number_at(value, pointer)});
}

bool is_something(const json::value& value) {
  if (value.is_array()) return !value.get_array().empty();
  if (value.is_object()) return !value.get_object().empty();
  if (value.is_string()) return !value.get_string().empty();
  if (value.is_bool()) return value.get_bool();
  return value.is_number();
}

class ContainerReader {
 public:
  ContainerReader(const Inspected& inspected, std::string name)
      : container_(inspected.container), image_(inspected.image) {
    service_.where = "container " + printable(name);
    const auto compose = text_at(container_, "/Config/Labels/com.docker.compose.service");
    service_.name = compose.empty() ? std::move(name) : compose;
    service_.is_named = true;
  }

  Service read() {
    service_.image = text_at(container_, "/Config/Image");
    if (service_.image.starts_with("sha256:")) {
      remark(
          "it was started by the image's id, which no manifest can name: put its repository and tag into spec.image "
          "and spec.version");
      const auto tags = strings_at(image_, "/RepoTags");
      if (!tags.empty()) service_.image = tags.front();
    }
    read_environment();
    read_command();
    read_port();
    read_mounts();
    read_stop();
    read_resources();
    read_security();
    read_health();
    remark_on_the_rest();
    return std::move(service_);
  }

 private:
  spec::Component& component() { return service_.part.component; }
  void remark(std::string text) { service_.remarks.push_back({service_.where, std::move(text)}); }

  void read_environment() {
    const auto own = strings_at(image_, "/Config/Env");
    const std::set<std::string> of_image{own.begin(), own.end()};
    for (const auto& variable : strings_at(container_, "/Config/Env")) {
      if (of_image.contains(variable)) continue;
      const auto equals = std::min(variable.find('='), variable.size());
      service_.part.values[variable.substr(0, equals)] = variable.substr(std::min(equals + 1, variable.size()));
    }
  }

  void read_command() {
    auto command = strings_at(container_, "/Config/Cmd");
    if (command != strings_at(image_, "/Config/Cmd")) component().command = std::move(command);
    if (strings_at(container_, "/Config/Entrypoint") != strings_at(image_, "/Config/Entrypoint")) {
      remark(
          "its entrypoint is not the image's: Teal has no word for it; `command` goes to the image's own entrypoint");
    }
  }

  // A published one before one that is exposed only.
  void read_port() {
    std::vector<int> ports;
    for (const auto* pointer : {"/HostConfig/PortBindings", "/Config/ExposedPorts"}) {
      const auto& found = inspected_at(container_, pointer);
      if (!found.is_object()) continue;
      std::vector<int> those;
      for (const auto& entry : found.get_object()) {
        const std::string_view text{entry.key()};
        int port = 0;
        std::from_chars(text.data(), text.data() + text.size(), port);
        if (text.ends_with("/tcp") && port > 0) those.push_back(port);
        if (!text.ends_with("/tcp")) remark(fmt::format("port {} is no TCP port, and left out", printable(text)));
      }
      std::ranges::sort(those);
      for (const int port : those) {
        if (std::ranges::find(ports, port) == ports.end()) ports.push_back(port);
      }
    }
    if (ports.empty()) return;
    component().port = ports.front();
    for (std::size_t i = 1; i < ports.size(); ++i) {
      remark(fmt::format("port {} is left out: a component has one port, which is {}", ports[i], ports.front()));
    }
  }

  void read_mounts() {
    for (const auto& each : items_at(container_, "/Mounts")) {
      spec::Mount mount{text_at(each, "/Source"), text_at(each, "/Destination"), !truth_at(each, "/RW")};
      const auto type = text_at(each, "/Type");
      if (type != "bind") {
        remark(fmt::format("{} at {} is a {} of the engine: Teal mounts folders of the machine only, and none here",
                           printable(text_at(each, "/Name")), printable(mount.target), printable(type)));
      } else if (spec::is_mount_path(mount.source) && spec::is_mount_path(mount.target)) {
        component().mounts.push_back(std::move(mount));
      } else {
        remark(fmt::format("the mount at {} is left out: its paths hold what a manifest does not take",
                           printable(mount.target)));
      }
    }
    std::ranges::sort(component().mounts, {}, &spec::Mount::target);
  }

  void read_stop() {
    // Of the image too: Teal sends its own signal.
    auto signal = text_at(container_, "/Config/StopSignal");
    if (signal.empty()) signal = text_at(image_, "/Config/StopSignal");
    if (!signal.empty()) take_signal(signal);
    if (const auto grace = number_at(container_, "/Config/StopTimeout"); grace > 0) {
      component().stop.grace = std::chrono::seconds{grace};
    }
  }

  void take_signal(const std::string& text) {
    const auto signal = stop_signal(text);
    if (!signal.empty()) component().stop.signal = signal;
    if (signal.empty())
      remark(fmt::format("its stop signal {} is none that Teal sends: SIGTERM it is", printable(text)));
  }

  void read_resources() {
    if (const auto memory = number_at(container_, "/HostConfig/Memory"); memory > 0) {
      component().resources.memory_bytes = memory;
    }
    const auto nano_cpus = number_at(container_, "/HostConfig/NanoCpus");
    const auto quota = number_at(container_, "/HostConfig/CpuQuota");
    const auto period = number_at(container_, "/HostConfig/CpuPeriod");
    if (nano_cpus > 0) {
      component().resources.cpus = static_cast<double>(nano_cpus) / 1e9;
    } else if (quota > 0) {
      component().resources.cpus = static_cast<double>(quota) / static_cast<double>(period > 0 ? period : 100'000);
    }
    if (const auto pids = number_at(container_, "/HostConfig/PidsLimit"); pids > 0) {
      component().security.pids = static_cast<int>(std::min<std::int64_t>(pids, 4'194'304));
    }
  }

  void read_security() {
    auto& security = component().security;
    const auto user = text_at(container_, "/Config/User");
    if (user != text_at(image_, "/Config/User") && spec::is_container_user(user)) security.user = user;
    security.read_only_root_filesystem = truth_at(container_, "/HostConfig/ReadonlyRootfs");
    security.add = capabilities(strings_at(container_, "/HostConfig/CapAdd"));
    security.drop = capabilities(strings_at(container_, "/HostConfig/CapDrop"));
    for (const auto& option : strings_at(container_, "/HostConfig/SecurityOpt")) {
      if (option.starts_with("no-new-privileges")) {
        security.no_new_privileges = !option.ends_with("false");
      } else {
        remark(fmt::format("its security option {}: Teal has no word for it", printable(option)));
      }
    }
  }

  void read_health() {
    const auto test = strings_at(container_, "/Config/Healthcheck/Test");
    if (test.empty() || test.front() == "NONE") return;
    if (!component().port) return remark("its health check is left out: Teal asks over HTTP, and this has no port");
    auto& health = component().health;
    const auto take = [&](Duration& out, std::string_view pointer) {
      if (const auto span = nanoseconds_at(container_, pointer); span > Duration{0}) out = span;
    };
    take(health.interval, "/Config/Healthcheck/Interval");
    take(health.timeout, "/Config/Healthcheck/Timeout");
    take(health.startup, "/Config/Healthcheck/StartPeriod");
    if (const auto retries = number_at(container_, "/Config/Healthcheck/Retries"); retries > 0) {
      health.failures = static_cast<int>(std::min<std::int64_t>(retries, 1000));
    }
    const auto url = health_url(fmt::format("{}", fmt::join(test, " ")));
    if (!url) return remark("its health check is no request of a URL: Teal asks over HTTP");
    health.path = url->path;
    service_.has_health_path = true;
    if (url->port != 0 && url->port != *component().port) {
      remark(fmt::format("its health check asks port {}, Teal asks port {}", url->port, *component().port));
    }
  }

  void remark_on_the_rest() {
    struct Other {
      const char* pointer;
      std::string_view name;
    };
    for (const auto& [pointer, name] :
         {Other{"/HostConfig/Privileged", "privileged"}, Other{"/HostConfig/Devices", "devices"},
          Other{"/HostConfig/DeviceRequests", "devices (GPUs)"}, Other{"/HostConfig/ExtraHosts", "extra hosts"},
          Other{"/HostConfig/Tmpfs", "tmpfs"}, Other{"/HostConfig/Dns", "DNS servers"},
          Other{"/HostConfig/Sysctls", "sysctls"}, Other{"/HostConfig/Ulimits", "ulimits"},
          Other{"/HostConfig/Links", "links"}, Other{"/HostConfig/VolumesFrom", "volumes of other containers"},
          Other{"/HostConfig/GroupAdd", "groups"}}) {
      if (is_something(inspected_at(container_, pointer))) remark(fmt::format("{}: Teal has no word for it", name));
    }
    const auto network = text_at(container_, "/HostConfig/NetworkMode");
    if (network == "host") {
      remark(
          "network mode host: a replica listens in a network of its own, and Teal publishes `port` of it on 127.0.0.1");
    } else if (!network.empty() && network != "default" && network != "bridge") {
      remark(
          fmt::format("network {}: Teal's containers are in the engine's default network, where names of other "
                      "containers are not known",
                      printable(network)));
    }
  }

  const json::value& container_;
  const json::value& image_;
  Service service_;
};

std::string container_name_of(const json::value& container) {
  auto name = text_at(container, "/Name");
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

}  // namespace

Result<std::vector<Service>> services_of(const std::vector<Inspected>& containers) {
  std::vector<Service> services;
  std::map<std::string, std::size_t> of_compose;
  for (const auto& inspected : containers) {
    const auto name = container_name_of(inspected.container);
    if (name.empty() || text_at(inspected.container, "/Config/Image").empty()) {
      return Error{ErrorCode::invalid, "what answered is not Docker: it describes a container without name and image"};
    }
    if (!text_at(inspected.container, "/Config/Labels/com.docker.swarm.service.name").empty() ||
        spec::parse_container_name(text_at(inspected.container, "/Config/Labels/teal.application"), name)) {
      return Error{ErrorCode::invalid, fmt::format("the container {} belongs to another orchestrator already", name)};
    }
    auto service = ContainerReader{inspected, name}.read();
    const auto compose = text_at(inspected.container, "/Config/Labels/com.docker.compose.service");
    if (const auto known = of_compose.find(compose); !compose.empty() && known != of_compose.end()) {
      ++services[known->second].part.component.replicas;
      continue;
    }
    if (!compose.empty()) of_compose[compose] = services.size();
    services.push_back(std::move(service));
  }
  return services;
}

std::string project_of(const std::vector<Inspected>& containers) {
  return containers.empty() ? std::string{}
                            : text_at(containers.front().container, "/Config/Labels/com.docker.compose.project");
}

}  // namespace teal::cli
