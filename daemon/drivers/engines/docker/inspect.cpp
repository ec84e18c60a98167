#include "daemon/drivers/engines/docker/inspect.hpp"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "daemon/drivers/engines/docker/identity.hpp"
#include "manifests/foundation/parse_time.hpp"

namespace teal::docker {

namespace json = boost::json;

namespace {

// The engine writes year 1 for "never".
std::optional<Time> read_time(const Field& field) {
  const auto text = field.text();
  if (!text || text->starts_with("0001-")) return std::nullopt;
  const auto time = parse_time(*text);
  if (!time) return std::nullopt;
  return *time;
}

std::optional<std::string> read_address(const Field& ports) {
  const auto* all = ports.object();
  if (all == nullptr) return std::nullopt;
  for (const auto& [name, value] : *all) {
    const auto* bindings = Field{value}.list();
    if (bindings == nullptr) continue;
    for (const auto& binding : *bindings) {
      const auto host = Field{binding}["HostIp"].text();
      const auto port = Field{binding}["HostPort"].whole_number();
      if (host == "127.0.0.1" && port && *port > 0 && *port < 65536) return fmt::format("127.0.0.1:{}", *port);
    }
  }
  return std::nullopt;
}

// "8000/tcp" → 8000; 0: another protocol, or no port.
int port_in(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && std::string_view{end, text.data() + text.size()} == "/tcp" ? port : 0;
}

void add_published_address(std::string_view name, const Field& bindings, std::map<int, std::string>& addresses) {
  const auto* all = bindings.list();
  const int port = port_in(name);
  if (all == nullptr || port == 0) return;
  for (const auto& binding : *all) {
    const auto host = Field{binding}["HostIp"].text().value_or("");
    const auto published = Field{binding}["HostPort"].whole_number();
    if (!published || *published < 1 || *published > 65535 || host.find(':') != std::string::npos) continue;
    const bool is_everywhere = host.empty() || host == "0.0.0.0";
    addresses[port] = fmt::format("{}:{}", is_everywhere ? "127.0.0.1" : host, *published);
    return;
  }
}

void add_container_addresses(const Field& root, std::map<int, std::string>& addresses) {
  std::string host;
  if (root["HostConfig"]["NetworkMode"].text() == "host") host = "127.0.0.1";
  if (const auto* networks = root["NetworkSettings"]["Networks"].object()) {
    for (const auto& [name, network] : *networks) {
      const auto address = Field{network}["IPAddress"].text().value_or("");
      if (host.empty() && !address.empty()) host = address;
    }
  }
  const auto* exposed = root["Config"]["ExposedPorts"].object();
  if (host.empty() || exposed == nullptr) return;
  for (const auto& [name, nothing] : *exposed) {
    if (const int port = port_in(name); port != 0) addresses[port] = fmt::format("{}:{}", host, port);
  }
}

Result<void> read_ended(const Field& state, world::Container& container) {
  const auto code = state["ExitCode"].number();
  if (!code || *code < -1 || *code > 0xffffffffLL) return malformed_answer("State.ExitCode");
  container.state = world::ContainerState::Exited;
  container.exit_code = static_cast<int>(*code);
  return {};
}

Result<void> read_state(const Field& state, world::Container& container) {
  const auto status = state["Status"].text();
  if (!status) return malformed_answer("State.Status is missing");
  container.started_at = read_time(state["StartedAt"]);
  container.finished_at = read_time(state["FinishedAt"]);
  container.out_of_memory = state["OOMKilled"].is_true();
  if (*status == "created") {
    // A failed start leaves a container "created", with the reason.
    const auto reason = state["Error"].text().value_or("");
    const auto code = state["ExitCode"].number().value_or(0);
    if (reason.empty() && code == 0) return {};
    container.engine_error =
        reason.empty() ? fmt::format("the engine could not start it (exit code {})", code) : reason;
    return read_ended(state, container);
  }
  if (*status == "running" || *status == "paused" || *status == "restarting") {
    if (!container.started_at) return malformed_answer("a running container without State.StartedAt");
    container.state = world::ContainerState::Running;
    container.finished_at.reset();
    return {};
  }
  if (*status == "exited" || *status == "dead" || *status == "removing") {
    if (!container.started_at) container.engine_error = state["Error"].text().value_or("");
    return read_ended(state, container);
  }
  return malformed_answer(fmt::format("State.Status is \"{}\"", status->substr(0, 40)));
}

std::vector<masking::Secret> texts_in(const Field& field) {
  std::vector<masking::Secret> texts;
  if (auto text = field.text()) texts.emplace_back(std::move(*text));
  const auto* list = field.list();
  if (list == nullptr) return texts;
  for (const auto& entry : *list) {
    if (auto text = Field{entry}.text()) texts.emplace_back(std::move(*text));
  }
  return texts;
}

void expose(const Field& field, std::string_view where, ports::Exposure& exposure) {
  for (auto& text : texts_in(field)) exposure.texts.push_back({where, std::move(text)});
}

// Config, which a container and an image have alike.
ports::Exposure exposure_of(const Field& config) {
  ports::Exposure exposure;
  exposure.environment = texts_in(config["Env"]);
  expose(config["Cmd"], "command", exposure);
  expose(config["Entrypoint"], "entrypoint", exposure);
  expose(config["Shell"], "shell", exposure);
  expose(config["Healthcheck"]["Test"], "health check", exposure);
  expose(config["OnBuild"], "build triggers", exposure);
  if (const auto* labels = config["Labels"].object()) {
    for (const auto& [key, value] : *labels) {
      const std::string_view name{key.data(), key.size()};
      exposure.texts.push_back(
          {"labels", masking::Secret{fmt::format("{}={}", name, Field{value}.text().value_or(""))}});
    }
  }
  return exposure;
}

}  // namespace

Reference parse_reference(const std::string& reference) {
  Reference result;
  result.repository = reference;
  if (const auto at = result.repository.find('@'); at != std::string::npos) {
    result.digest = result.repository.substr(at + 1);
    result.repository.resize(at);
  }
  // A colon before the last slash belongs to the registry's port.
  const auto slash = result.repository.rfind('/');
  const auto colon = result.repository.rfind(':');
  if (colon != std::string::npos && (slash == std::string::npos || colon > slash)) {
    result.tag = result.repository.substr(colon + 1);
    result.repository.resize(colon);
  }
  return result;
}

Result<std::optional<world::Container>> read_container(const json::value& inspected) {
  const Field root{inspected};
  world::Container container;
  const auto id = root["Id"].text();
  const auto name = root["Name"].text();
  const auto image = root["Image"].text();
  if (!id || id->empty()) return malformed_answer("a container without Id");
  if (!name || !image) return malformed_answer("a container without Name or Image");
  if (root["State"].object() == nullptr) return malformed_answer("a container without State");
  if (!read_identity(inspected, container)) return std::optional<world::Container>{};
  container.id = *id;
  container.image_id = *image;
  container.command_to_end = "docker kill " + container.name;
  if (const auto read = read_state(root["State"], container); !read) return within(container.name, read.error());
  if (root["State"]["Paused"].is_true())
    container.engine_error = fmt::format("it is paused: docker unpause {} lets it go on", container.name);
  if (container.state == world::ContainerState::Running)
    container.address = read_address(root["NetworkSettings"]["Ports"]);
  return std::optional<world::Container>{std::move(container)};
}

Result<world::Image> read_image(const json::value& inspected, const std::string& reference,
                                const std::string& resolved) {
  const Field root{inspected};
  const auto id = root["Id"].text();
  if (!id || id->empty()) return malformed_answer("an image without Id");
  world::Image image{*id, *id};
  const auto named = parse_reference(reference);
  auto wanted = named.repository;
  for (const std::string_view prefix : {"docker.io/", "index.docker.io/", "library/"}) {
    if (wanted.starts_with(prefix)) wanted.erase(0, prefix.size());
  }
  const auto* digests = root["RepoDigests"].list();
  if (digests == nullptr) return image;
  std::set<std::string> found;
  for (const auto& entry : *digests) {
    auto one = parse_reference(Field{entry}.text().value_or(""));
    if (!one.digest.empty() && one.repository == wanted) found.insert(std::move(one.digest));
  }
  if (found.empty()) return image;
  image.named_by_digest = true;
  image.digest = found.contains(named.digest) ? named.digest : found.contains(resolved) ? resolved : *found.begin();
  return image;
}

Result<ports::Exposure> read_exposure(const json::value& inspected) {
  const Field root{inspected};
  if (root["Config"].object() == nullptr) return malformed_answer("a container without Config");
  auto exposure = exposure_of(root["Config"]);
  expose(root["Path"], "command", exposure);
  expose(root["Args"], "command", exposure);
  expose(root["HostConfig"]["Binds"], "mounts", exposure);
  for (const auto& mounts : {root["Mounts"], root["HostConfig"]["Mounts"]}) {
    if (mounts.list() == nullptr) continue;
    for (const auto& mount : *mounts.list()) expose(Field{mount}["Source"], "mounts", exposure);
  }
  return exposure;
}

Result<ports::Exposure> read_image_exposure(const json::value& inspected) {
  const Field root{inspected};
  if (root.object() == nullptr) return malformed_answer("an image that is no object");
  return exposure_of(root["Config"]);  // null where an image was imported without any
}

std::vector<std::string> mount_sources(const json::value& container) {
  std::vector<std::string> sources;
  const auto* mounts = Field{container}["Mounts"].list();
  if (mounts == nullptr) return sources;
  for (const auto& mount : *mounts) {
    if (auto source = Field{mount}["Source"].text()) sources.push_back(std::move(*source));
  }
  return sources;
}

std::optional<world::Container> read_listed(const json::value& entry) {
  const Field root{entry};
  world::Container container;
  const auto id = root["Id"].text();
  const auto image = root["ImageID"].text();
  const auto created = root["Created"].number();
  const auto state = root["State"].text();
  if (!id || !image || !created || !state || !read_listed_identity(entry, container)) return std::nullopt;
  container.id = *id;
  container.image_id = *image;
  container.command_to_end = "docker kill " + container.name;
  if (*state != "created") container.started_at = Time{std::chrono::seconds{*created}};
  if (*state == "created") return container;
  if (*state != "running") {
    container.state = world::ContainerState::Exited;
    return container;
  }
  container.state = world::ContainerState::Running;
  const auto* ports = root["Ports"].list();
  if (ports == nullptr) return container;
  for (const auto& one : *ports) {
    const auto port = Field{one}["PublicPort"].number();
    if (Field{one}["IP"].text() == "127.0.0.1" && port) container.address = fmt::format("127.0.0.1:{}", *port);
  }
  return container;
}

std::optional<world::Container> read_running_replica(const json::value& entry) {
  auto container = read_listed(entry);
  const bool is_one =
      container && container->state == world::ContainerState::Running && container->role == world::Role::Serve;
  return is_one ? container : std::nullopt;
}

Result<world::Predecessor> read_predecessor(const json::value& inspected, std::string name) {
  const Field root{inspected};
  const auto id = root["Id"].text();
  if (!id || id->empty()) return malformed_answer("a container without Id");
  world::Predecessor seen;
  seen.name = std::move(name);
  seen.id = *id;
  seen.running = root["State"]["Running"].is_true() && !root["State"]["Paused"].is_true();
  const auto labels = root["Config"]["Labels"];
  if (labels["teal.owner"].text()) seen.owner = labels["teal.application"].text().value_or("another");
  // Where it is published, else on a network of its own, which its host reaches too.
  add_container_addresses(root, seen.addresses);
  if (const auto* ports = root["NetworkSettings"]["Ports"].object()) {
    for (const auto& [port, bindings] : *ports) add_published_address(port, Field{bindings}, seen.addresses);
  }
  return seen;
}

std::string read_stop_signal(const json::value& inspected) {
  return Field{inspected}["Config"]["StopSignal"].text().value_or("SIGTERM");
}

}  // namespace teal::docker
