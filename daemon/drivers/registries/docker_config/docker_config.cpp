#include "daemon/drivers/registries/docker_config/docker_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "daemon/drivers/registries/answer.hpp"
#include "daemon/drivers/registries/helper_environment.hpp"
#include "daemon/runtime/program.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::docker_config {
namespace {

namespace json = boost::json;

// The identity token's place-holder for a name.
constexpr std::string_view token_user = "<token>";

Result<ports::RegistryLogin> read_login(const json::value& entry, const std::string& where) {
  ports::RegistryLogin login;
  login.username = registries::text_of(entry, "username");
  login.password = masking::Secret{registries::text_of(entry, "password")};
  login.identity_token = masking::Secret{registries::text_of(entry, "identitytoken")};
  if (const masking::Secret encoded{registries::text_of(entry, "auth")}; !encoded.reveal().empty()) {
    const masking::Secret pair{decode_base64(encoded.reveal()).value_or("")};
    const auto colon = pair.reveal().find(':');
    if (colon == std::string::npos) {
      return Error{ErrorCode::invalid, where + ".auth: expected the base64 of name:password: run docker login again"};
    }
    login.username = pair.reveal().substr(0, colon);
    auto password = pair.reveal().substr(colon + 1);
    while (password.ends_with('\0')) password.pop_back();  // which old versions of docker padded with
    login.password = masking::Secret{std::move(password)};
  }
  return login;
}

bool is_helper_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.';
  });
}

}  // namespace

std::string registry_of(std::string_view key) {
  if (const auto scheme = key.find("://"); scheme != key.npos) key.remove_prefix(scheme + 3);
  key = key.substr(0, key.find('/'));
  if (key == "index.docker.io" || key == "registry-1.docker.io") return "docker.io";
  return std::string{key};
}

Result<DockerConfig> parse_docker_config(std::string_view text, const std::string& path) {
  const auto body = registries::parse_json(text, path);
  if (!body || !body->is_object()) {
    return Error{ErrorCode::invalid, body ? path + ": expected a JSON object, as docker login writes it"
                                          : body.error().message + ": mend it, or run docker login again"};
  }
  DockerConfig config;
  config.store = registries::text_of(*body, "credsStore");
  if (const auto* helpers = body->get_object().if_contains("credHelpers")) {
    if (!helpers->is_object()) return Error{ErrorCode::invalid, path + ": credHelpers: expected an object"};
    for (const auto& [key, value] : helpers->get_object()) {
      if (!value.is_string())
        return Error{ErrorCode::invalid, fmt::format("{}: credHelpers.{}: expected text", path, std::string{key})};
      config.helpers[registry_of(key)] = value.get_string();
    }
  }
  if (const auto* logins = body->get_object().if_contains("auths")) {
    if (!logins->is_object()) return Error{ErrorCode::invalid, path + ": auths: expected an object"};
    for (const auto& [key, value] : logins->get_object()) {
      auto login = read_login(value, fmt::format("{}: auths.{}", path, std::string{key}));
      if (!login) return login.error();
      // An entry without anything marks one whose password is in the credsStore.
      if (!login->is_anonymous()) config.logins[registry_of(key)] = std::move(*login);
    }
  }
  return config;
}

Result<ports::RegistryLogin> ask_helper(const std::string& helper, const std::string& server,
                                        std::shared_ptr<const std::atomic<bool>> stopping, Duration deadline) {
  const auto program = "docker-credential-" + helper;
  if (!is_helper_name(helper)) {
    return Error{ErrorCode::invalid, "a credential helper's name holds letters, digits and - _ . only"};
  }
  runtime::ProgramCall call;
  call.command = {program, "get"};
  call.input = masking::Secret{server + "\n"};
  call.environment = registries::helper_environment(registries::HelperKind::Docker);
  call.deadline = deadline;
  call.stopping = std::move(stopping);
  const auto to_see =
      fmt::format("run 'echo {} | {} get', as the user that teald runs as, to see why", server, program);
  const auto end = runtime::run_program(call);
  if (!end && end.error().code == ErrorCode::not_found) {
    return Error{ErrorCode::not_found, end.error().message + ": install it in teald's PATH"};
  }
  if (!end) return Error{end.error().code, fmt::format("{}; {}", end.error().message, to_see)};
  const auto& output = end->output.reveal();
  if (end->status != 0) {
    const auto said = output + end->complaint.reveal();
    if (said.find("credentials not found") != std::string::npos) return ports::RegistryLogin{};
    return Error{ErrorCode::denied,
                 fmt::format("{} failed with exit status {} for {}; {}", program, end->status, server, to_see)};
  }
  const auto body = registries::parse_json(output, "the answer of " + program);
  if (!body) return Error{ErrorCode::invalid, fmt::format("{}; {}", body.error().message, to_see)};
  ports::RegistryLogin login;
  login.username = registries::text_of(*body, "Username");
  login.password = masking::Secret{registries::text_of(*body, "Secret")};
  if (login.username.empty() || login.password.reveal().empty()) {
    return Error{ErrorCode::invalid, fmt::format("the answer of {} holds no Username and Secret; {}", program, to_see)};
  }
  if (login.username == token_user) {
    login.identity_token = std::move(login.password);
    login.username.clear();
  }
  return login;
}

}  // namespace teal::docker_config
