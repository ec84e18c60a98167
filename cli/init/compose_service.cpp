#include "cli/init/compose_service.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "cli/init/compose_kinds.hpp"
#include "cli/init/shell_words.hpp"
#include "cli/init/text_file.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::cli {
namespace {

using yaml::Entry;
using yaml::Node;

std::vector<std::string> list_of(const Node& node) {
  std::vector<std::string> texts;
  if (node.kind == Node::Kind::Scalar) texts.push_back(node.text);
  for (const auto& item : node.items) texts.push_back(item.text);
  return texts;
}

bool is_yes(std::string_view text) { return text == "true" || text == "yes" || text == "on"; }

class ServiceReader {
 public:
  ServiceReader(const ComposeFile& file, const Entry& entry) : file_(file), entry_(entry) {
    service_.name = entry.key;
    service_.where = place_in(file, entry.position);
  }

  Result<Service> read() {
    if (entry_.value.kind != Node::Kind::Mapping) return bad(entry_.position, "a service is a mapping (image: …)");
    if (auto kinds = check_kinds(file_, entry_); !kinds) return kinds.error();
    for (const auto& key : entry_.value.entries) {
      if (auto done = read_key(key); !done) return done.error();
    }
    if (auto done = read_environment(); !done) return done.error();
    finish_image();
    finish_health();
    return std::move(service_);
  }

 private:
  spec::Component& component() { return service_.part.component; }

  Error bad(yaml::Position position, std::string_view message) const {
    return {ErrorCode::invalid, fmt::format("{}: service {}: {}", place_in(file_, position), entry_.key, message)};
  }

  void remark(yaml::Position position, std::string_view text) {
    service_.remarks.push_back({place_in(file_, position), fmt::format("{}: {}", entry_.key, text)});
  }
  void no_word(const Entry& key, std::string_view more = {}) {
    remark(key.position,
           fmt::format("{}: Teal has no word for it{}{}", printable(key.key), more.empty() ? "" : ". ", more));
  }

  Result<void> read_key(const Entry& entry) {
    const auto& key = entry.key;
    const auto& value = entry.value;
    auto& security = component().security;
    if (key == "image") {
      service_.image = value.text;
    } else if (key == "build" || key == "environment" || key == "env_file" || key == "depends_on" || key == "restart" ||
               key == "profiles" || key.starts_with("x-")) {
      return {};  // build and the environment come last; a replica is always replaced; the rest is the file's own
    } else if (key == "command") {
      return read_command(entry);
    } else if (key == "ports" || key == "expose") {
      for (const auto& item : value.items) read_port(entry, item);
    } else if (key == "healthcheck") {
      read_health(value);
    } else if (key == "volumes") {
      for (const auto& item : value.items) read_volume(item);
    } else if (key == "stop_signal") {
      component().stop.signal = stop_signal(value.text);
      if (component().stop.signal.empty()) {
        component().stop.signal = spec::Stop{}.signal;
        remark(entry.position,
               fmt::format("stop_signal: {} is none that Teal sends: SIGTERM it is", printable(value.text)));
      }
    } else if (key == "stop_grace_period") {
      read_span(entry, component().stop.grace);
    } else if (key == "deploy") {
      read_deploy(value);
    } else if (key == "scale") {
      read_count(entry, component().replicas, 100);
    } else if (key == "mem_limit") {
      read_memory(entry);
    } else if (key == "cpus") {
      read_cpus(entry);
    } else if (key == "pids_limit") {
      if (value.text != "-1") read_count(entry, security.pids, 4'194'304);
    } else if (key == "user") {
      read_user(entry);
    } else if (key == "read_only") {
      security.read_only_root_filesystem = is_yes(value.text);
    } else if (key == "cap_add" || key == "cap_drop") {
      read_capabilities(entry);
    } else if (key == "security_opt") {
      for (const auto& item : value.items) read_security_option(entry, item);
    } else if (key == "pull_policy") {
      if (value.text == "always") service_.pull_policy = spec::PullPolicy::Always;
      if (value.text == "never") service_.pull_policy = spec::PullPolicy::Never;
    } else if (key == "network_mode" && value.text == "host") {
      no_word(entry, "A replica listens in a network of its own, and Teal publishes `port` of it on 127.0.0.1");
    } else if (key == "entrypoint") {
      no_word(entry, "`command` goes to the image's own entrypoint");
    } else if (key == "extends") {
      no_word(entry, "Run `teal init` on the output of `docker compose config`");
    } else {
      no_word(entry);
    }
    return {};
  }

  Result<void> read_command(const Entry& entry) {
    if (entry.value.kind != Node::Kind::Scalar) {
      component().command = list_of(entry.value);
      return {};
    }
    auto words = shell_words(entry.value.text);
    if (!words) return bad(entry.position, "command: " + words.error().message);
    component().command = std::move(*words);
    return {};
  }

  // "80", "8080:80", "127.0.0.1:8080:80/tcp", {target: 80, protocol: tcp}
  void read_port(const Entry& entry, const Node& item) {
    std::string text = item.text;
    std::string protocol = "tcp";
    if (const auto* target = compose_member(item, "target")) {
      text = target->text;
      if (const auto* named = compose_member(item, "protocol")) protocol = named->text;
    }
    if (const auto slash = text.find('/'); slash != text.npos) {
      protocol = text.substr(slash + 1);
      text.resize(slash);
    }
    text.erase(0, text.rfind(':') + 1);
    int port = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failed != std::errc{} || port < 1 || port > 65535 || protocol != "tcp" ||
        (end != text.data() + text.size() && *end != '-')) {
      return remark(item.position, fmt::format("{}: {} is no TCP port, and left out", entry.key, printable(item.text)));
    }
    if (!component().port) {
      component().port = port;
    } else if (*component().port != port) {
      remark(item.position, fmt::format("{}: port {} is left out: a component has one port, which is {}", entry.key,
                                        port, *component().port));
    }
  }

  void read_health(const Node& value) {
    const auto* test = compose_member(value, "test");
    const auto words = test == nullptr ? std::vector<std::string>{} : list_of(*test);
    const auto* disabled = compose_member(value, "disable");
    const bool none = (disabled != nullptr && is_yes(disabled->text)) || (!words.empty() && words.front() == "NONE");
    if (none) return;
    health_at_ = value.position;
    health_test_ = fmt::format("{}", fmt::join(words, " "));
    auto& health = component().health;
    for (const auto& entry : value.entries) {
      if (entry.key == "interval") read_span(entry, health.interval);
      if (entry.key == "timeout") read_span(entry, health.timeout);
      if (entry.key == "retries") read_count(entry, health.failures, 1000);
      if (entry.key == "start_period") read_span(entry, health.startup);
    }
  }

  void finish_health() {
    if (health_test_.empty()) return;
    if (!component().port) {
      component().health = {};
      return remark(health_at_, "healthcheck: Teal asks over HTTP, and this has no port");
    }
    const auto url = health_url(health_test_);
    if (!url) return remark(health_at_, "healthcheck: no URL in its test: Teal asks over HTTP");
    component().health.path = url->path;
    service_.has_health_path = true;
    if (url->port != 0 && url->port != *component().port) {
      remark(health_at_, fmt::format("healthcheck: it asks port {}, Teal asks port {}", url->port, *component().port));
    }
  }

  // "./data:/data:ro", {type: bind, source: ./data, target: /data, read_only: true}
  void read_volume(const Node& item) {
    spec::Mount mount;
    bool is_bind = false;
    std::string name = item.text;
    if (item.kind == Node::Kind::Mapping) {
      const auto text = [&](std::string_view key) {
        const auto* node = compose_member(item, key);
        return node == nullptr ? std::string{} : node->text;
      };
      is_bind = text("type") == "bind";
      name = text("source").empty() ? text("type") : text("source");
      mount = {text("source"), text("target"), is_yes(text("read_only"))};
    } else if (const auto colon = name.find(':'); colon != name.npos) {
      mount.source = name.substr(0, colon);
      mount.target = name.substr(colon + 1);
      name = mount.source;
      is_bind = !mount.source.empty() && std::string_view{"./~"}.find(mount.source.front()) != std::string_view::npos;
      if (const auto mode = mount.target.find(':'); mode != mount.target.npos) {
        const auto words = "," + mount.target.substr(mode + 1) + ",";
        mount.read_only = words.find(",ro,") != words.npos;
        mount.target.resize(mode);
      }
    }
    if (!is_bind) {
      return remark(item.position, fmt::format("volumes: {} is a volume of the engine: Teal mounts folders of the "
                                               "machine only, and none here",
                                               printable(name)));
    }
    mount.source = absolute(mount.source);
    if (!spec::is_mount_path(mount.source) || !spec::is_mount_path(mount.target)) {
      return remark(item.position, fmt::format("volumes: {} cannot be mounted: both paths have to be absolute, without "
                                               "\"..\"",
                                               printable(name)));
    }
    component().mounts.push_back(std::move(mount));
  }

  std::string absolute(std::string path) const {
    if (path == "~" || path.starts_with("~/")) {
      path = file_.variables("HOME").value_or("/root") + path.substr(1);
    }
    auto full = (std::filesystem::path{file_.directory} / path).lexically_normal().string();
    if (full.size() > 1 && full.ends_with('/')) full.pop_back();
    return full;
  }

  void read_span(const Entry& entry, Duration& out) {
    const auto span = parse_duration(entry.value.text);
    if (span && *span > Duration{0}) {
      out = *span;
    } else if (!span) {
      remark(entry.position,
             fmt::format("{}: {} is no duration such as 1m30s, and left out", entry.key, printable(entry.value.text)));
    }
  }

  void read_count(const Entry& entry, int& out, int most) {
    int number = 0;
    const auto& text = entry.value.text;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed == std::errc{} && end == text.data() + text.size() && number >= 0 && number <= most) {
      out = number;
    } else {
      remark(entry.position, fmt::format("{}: expected a number up to {}, and left out", entry.key, most));
    }
  }

  void read_memory(const Entry& entry) {
    constexpr std::int64_t least = 6 << 20;
    const auto bytes = docker_bytes(entry.value.text);
    if (bytes && *bytes >= least) {
      component().resources.memory_bytes = *bytes;
    } else if (entry.value.text != "0") {
      remark(entry.position, fmt::format("{}: expected at least 6m, and left out", entry.key));
    }
  }

  void read_cpus(const Entry& entry) {
    double number = 0;
    const auto& text = entry.value.text;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed == std::errc{} && end == text.data() + text.size() && number >= 0.01 && number <= 1024) {
      component().resources.cpus = number;
    } else if (text != "0") {
      remark(entry.position, fmt::format("{}: expected a number of at least 0.01, and left out", entry.key));
    }
  }

  void read_user(const Entry& entry) {
    if (spec::is_container_user(entry.value.text)) {
      component().security.user = entry.value.text;
    } else {
      remark(entry.position, "user: is none that Teal takes (name or uid, with :group), and left out");
    }
  }

  void read_capabilities(const Entry& entry) {
    std::vector<std::string> names;
    for (auto& name : capabilities(list_of(entry.value))) {
      if (spec::is_capability(name)) {
        names.push_back(std::move(name));
      } else {
        remark(entry.position, fmt::format("{}: {} is no capability, and left out", entry.key, printable(name)));
      }
    }
    auto& security = component().security;
    (entry.key == "cap_add" ? security.add : security.drop) = std::move(names);
  }

  void read_security_option(const Entry& entry, const Node& item) {
    if (!item.text.starts_with("no-new-privileges")) {
      return remark(item.position, fmt::format("{}: {}: Teal has no word for it", entry.key, printable(item.text)));
    }
    component().security.no_new_privileges = !item.text.ends_with("false");
  }

  void read_deploy(const Node& value) {
    for (const auto& entry : value.entries) {
      if (entry.key == "replicas") {
        read_count(entry, component().replicas, 100);
      } else if (entry.key == "resources") {
        read_resources(entry.value);
      } else if (entry.key != "restart_policy" && entry.value.text != "replicated" && !entry.key.starts_with("x-")) {
        remark(entry.position, fmt::format("deploy.{}: Teal has no word for it", printable(entry.key)));
      }
    }
  }

  void read_resources(const Node& value) {
    for (const auto& part : value.entries) {
      for (const auto& entry : part.value.entries) {
        if (part.key == "limits" && entry.key == "memory") {
          read_memory(entry);
        } else if (part.key == "limits" && entry.key == "cpus") {
          read_cpus(entry);
        } else if (part.key == "limits" && entry.key == "pids") {
          read_count(entry, component().security.pids, 4'194'304);
        } else {
          remark(entry.position, fmt::format("deploy.resources.{}.{}: Teal has no word for it", printable(part.key),
                                             printable(entry.key)));
        }
      }
    }
  }

  // What `environment` says goes before what its files say.
  Result<void> read_environment() {
    auto& values = service_.part.values;
    if (const auto* files = compose_member(entry_.value, "env_file")) {
      if (files->kind == Node::Kind::Scalar) {
        if (auto done = read_env_file(files->text, files->position, true); !done) return done;
      }
      for (const auto& item : files->items) {
        const auto* path = compose_member(item, "path");
        const auto* required = compose_member(item, "required");
        if (auto done = read_env_file(path != nullptr ? path->text : item.text, item.position,
                                      required == nullptr || is_yes(required->text));
            !done) {
          return done;
        }
      }
    }
    const auto* environment = compose_member(entry_.value, "environment");
    if (environment == nullptr) return {};
    for (const auto& entry : environment->entries) {
      if (entry.value.kind == Node::Kind::Null) {
        inherit(entry.key);
      } else if (entry.value.kind == Node::Kind::Scalar) {
        values[entry.key] = entry.value.text;
      } else {
        return bad(entry.position, "environment: a variable's value is a text");
      }
    }
    for (const auto& item : environment->items) {
      const auto equals = item.text.find('=');
      if (equals == item.text.npos) {
        inherit(item.text);
      } else {
        values[item.text.substr(0, equals)] = item.text.substr(equals + 1);
      }
    }
    return {};
  }

  // A name without a value is this process's variable, or that of .env; without one there is none.
  void inherit(const std::string& name) {
    if (auto value = file_.variables(name)) service_.part.values[name] = std::move(*value);
  }

  Result<void> read_env_file(const std::string& name, yaml::Position position, bool is_required) {
    const auto path = absolute(name);
    const auto text = text_of_file(path);
    if (!text) {
      if (!is_required && text.error().code == ErrorCode::not_found) return {};
      return within(fmt::format("{}: service {}: env_file", place_in(file_, position), entry_.key), text.error());
    }
    auto variables = parse_dotenv(*text, file_.variables);
    if (!variables) return within(path, variables.error());
    for (auto& [key, value] : *variables) service_.part.values[key] = std::move(value);
    return {};
  }

  void finish_image() {
    const auto* build = compose_member(entry_.value, "build");
    if (service_.image.empty()) {
      service_.image = fmt::format("{}-{}", file_.project, service_.name);
      service_.pull_policy = spec::PullPolicy::Never;
      remark(
          build != nullptr ? build->position : entry_.position,
          fmt::format("build: its image {} is of this machine alone, and one for all versions. Give each build a tag "
                      "(docker build -t {}:1.0 …), or push it to a registry, and put that into spec.version",
                      service_.image, service_.image));
    } else if (build != nullptr) {
      remark(build->position, "build: Teal runs images and builds none");
    }
  }

  const ComposeFile& file_;
  const Entry& entry_;
  Service service_;
  std::string health_test_;
  yaml::Position health_at_;
};

}  // namespace

Result<Service> compose_service(const ComposeFile& file, const yaml::Entry& entry) {
  return ServiceReader{file, entry}.read();
}

std::string place_in(const ComposeFile& file, yaml::Position position) {
  return fmt::format("{}:{}", file.name, position.line);
}

const yaml::Node* compose_member(const yaml::Node& mapping, std::string_view key) {
  const auto found = std::ranges::find(mapping.entries, key, &yaml::Entry::key);
  return found == mapping.entries.end() ? nullptr : &found->value;
}

std::optional<std::int64_t> docker_bytes(std::string_view text) {
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || number <= 0) return std::nullopt;
  std::string unit{end, text.data() + text.size()};
  std::ranges::transform(unit, unit.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (unit.ends_with('b')) unit.pop_back();
  if (unit.ends_with('i')) unit.pop_back();
  const auto power = std::string_view{" kmgt"}.find(unit.empty() ? ' ' : unit.front());
  if (unit.size() > 1 || power == std::string_view::npos || number > 1e15) return std::nullopt;
  for (std::size_t i = 0; i < power; ++i) number *= 1024;
  return number > 1e18 ? std::nullopt : std::optional{static_cast<std::int64_t>(number)};
}

}  // namespace teal::cli
