#include "daemon/drivers/engines/docker/create_body.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <vector>

#include "manifests/masking/mask.hpp"

#include "daemon/drivers/engines/docker/identity.hpp"
#include "daemon/drivers/engines/docker/job_init.hpp"

namespace teal::docker {

namespace json = boost::json;

namespace {

Result<json::array> environment(const masking::SecretEnvironment& env) {
  json::array result;
  for (const auto& [name, value] : env) {
    if (name.empty() || name.find_first_of(std::string_view{"=\0", 2}) != std::string::npos) {
      return Error{ErrorCode::invalid, fmt::format("\"{}\" cannot be the name of an environment variable", name)};
    }
    if (value.reveal().find('\0') != std::string::npos) {
      return Error{ErrorCode::invalid, fmt::format("the value of {} holds a NUL", name)};
    }
    result.emplace_back(fmt::format("{}={}", name, value.reveal()));
  }
  return result;
}

bool names(const masking::SecretEnvironment& env, std::string_view wanted) {
  return std::ranges::any_of(env, [&](const auto& one) { return one.first == wanted; });
}

json::array mounts(std::vector<spec::Mount> wanted, const std::string& files) {
  json::array result;
  if (!files.empty()) wanted.push_back(spec::Mount{files, std::string{ports::secret_files_folder}, true});
  for (const auto& mount : wanted) {
    // "Mounts" and not "Binds", which would make a missing source an empty folder.
    json::object entry;
    entry["Type"] = "bind";
    entry["Source"] = mount.source;
    entry["Target"] = mount.target;
    entry["ReadOnly"] = mount.read_only;
    result.push_back(std::move(entry));
  }
  return result;
}

json::array texts(const std::vector<std::string>& all) {
  json::array result;
  for (const auto& text : all) result.emplace_back(text);
  return result;
}

// What is not said is the engine's own default: its capabilities, the image's user, no limit of processes.
void secure(const spec::Security& security, json::object& body, json::object& host) {
  if (!security.user.empty()) body["User"] = security.user;
  if (security.read_only_root_filesystem) host["ReadonlyRootfs"] = true;
  if (security.no_new_privileges) host["SecurityOpt"] = json::array{"no-new-privileges"};
  if (!security.drop.empty()) host["CapDrop"] = texts(security.drop);
  if (!security.add.empty()) host["CapAdd"] = texts(security.add);
  if (security.pids > 0) host["PidsLimit"] = security.pids;
}

// The engine adds what its owner chose of the rest (a number of files, tags, compression).
json::object bounded(const LogBounds& left) {
  json::object options;
  options["max-size"] = "10m";
  if (left.files) options["max-file"] = "3";
  json::object log;
  log["Type"] = "json-file";
  log["Config"] = std::move(options);
  return log;
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

Result<std::string> create_body(const ports::ContainerSpec& spec, const Surroundings& surroundings) {
  auto env = environment(spec.env);
  if (!env) return env.error();
  json::object host;
  json::object restart;
  restart["Name"] = "no";
  host["RestartPolicy"] = std::move(restart);
  const auto& files = surroundings.files;
  if (!spec.mounts.empty() || !files.empty()) host["Mounts"] = mounts(spec.mounts, files);
  if (spec.resources.memory_bytes) host["Memory"] = *spec.resources.memory_bytes;
  if (spec.resources.cpus) host["NanoCpus"] = std::llround(*spec.resources.cpus * 1e9);
  if (surroundings.logs.size) host["LogConfig"] = bounded(surroundings.logs);
  if (surroundings.init) host["Init"] = true;
  if (spec.role == world::Role::Migrate && !names(spec.env, signal_the_group)) {
    env->emplace_back(fmt::format("{}=1", signal_the_group));
  }
  json::object body;
  body["Image"] = spec.image_id;
  body["Labels"] = labels_of(spec, surroundings.owner, surroundings.labels_of_image);
  body["Env"] = std::move(*env);
  body["StopSignal"] = spec.stop_signal;
  secure(spec.security, body, host);
  if (!spec.command.empty()) body["Cmd"] = texts(spec.command);
  if (spec.port) {
    const auto port = fmt::format("{}/tcp", *spec.port);
    json::object exposed;
    exposed[port] = json::object{};
    body["ExposedPorts"] = std::move(exposed);
    json::object binding;
    binding["HostIp"] = "127.0.0.1";
    binding["HostPort"] = "";
    json::array list;
    list.push_back(std::move(binding));
    json::object bindings;
    bindings[port] = std::move(list);
    host["PortBindings"] = std::move(bindings);
  }
  body["HostConfig"] = std::move(host);
  return json::serialize(body);
}

std::string without_secrets(std::string message, const masking::SecretEnvironment& env) {
  constexpr std::size_t shortest = 4;  // a shorter one alone would tear words apart; it is found with its name only
  std::vector<masking::Secret> values;
  for (const auto& [name, value] : env) {
    if (value.reveal().empty()) continue;
    replace_all(message, fmt::format("{}={}", name, value.reveal()), name + "=***");
    if (value.reveal().size() >= shortest) replace_all(message, value.reveal(), "***");
    values.push_back(value);
  }
  const masking::Mask mask{values};
  return masking::masked_cut(message, {&mask});  // however the engine words it, and where it was cut
}

}  // namespace teal::docker
