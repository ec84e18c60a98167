#include "daemon/drivers/registries/aws/profile_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "daemon/drivers/registries/answer.hpp"
#include "daemon/drivers/registries/aws/json_keys.hpp"
#include "daemon/drivers/registries/aws/sts.hpp"
#include "daemon/drivers/registries/helper_environment.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/program.hpp"

namespace teal::aws {
namespace {

using boost::asio::awaitable;

// Words of a command line: quotes and backslashes as a shell has them, nothing else.
std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool inside = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == 0 && (c == ' ' || c == '\t')) {
      if (inside) words.push_back(std::exchange(word, {}));
      inside = false;
      continue;
    }
    inside = true;
    if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      word += line[++i];
    } else {
      word += c;
    }
  }
  if (inside) words.push_back(std::move(word));
  return words;
}

Error process_failed(Error error) {
  error.message += "; mend the profile, or run the program by hand, as the user that teald runs as, to see why";
  return error;
}

awaitable<Found> process_keys(const CredentialEnvironment& in, std::string command, std::string profile) {
  const auto source = fmt::format("credential_process of AWS profile {}", profile);
  runtime::ProgramCall call;
  call.command = words_of(command);
  call.environment = registries::helper_environment(registries::HelperKind::Aws);
  call.stopping = in.stopping;
  if (call.command.empty()) co_return Error{ErrorCode::invalid, source + " names no program"};
  auto work = [call = std::move(call)] { return runtime::run_program(call); };
  const auto end = co_await in.programs->run(std::move(work));
  if (!end) co_return process_failed(within(source, end.error()));
  if (end->status != 0) {
    co_return process_failed({ErrorCode::denied, fmt::format("{} failed with exit status {}", source, end->status)});
  }
  auto keys = read_json_keys(end->output.reveal(), "SessionToken", source);
  if (!keys) co_return process_failed(keys.error());
  co_return std::move(*keys);
}

class Resolver {
 public:
  Resolver(const CredentialEnvironment& in, const SharedFiles& files, std::string region)
      : in_(in), files_(files), region_(std::move(region)) {}

  awaitable<Found> resolve(std::string name, bool own_keys_first) {
    const auto found = files_.profiles.find(name);
    if (found == files_.profiles.end()) co_return std::nullopt;
    const auto& profile = found->second;
    if (!own_keys_first && !setting(profile, "role_arn").empty()) co_return co_await role(name, profile);
    if (const auto key = setting(profile, "aws_access_key_id"); !key.empty()) {
      Keys keys;
      keys.access_key = key;
      keys.secret_key = masking::Secret{setting(profile, "aws_secret_access_key")};
      keys.session_token = masking::Secret{setting(profile, "aws_session_token")};
      keys.source = fmt::format("AWS profile {} of {}", name,
                                files_.with_keys.contains(name) ? files_.credentials_path : files_.config_path);
      if (keys.secret_key.reveal().empty())
        co_return wrong(name, "has aws_access_key_id without aws_secret_access_key");
      co_return keys;
    }
    if (auto command = setting(profile, "credential_process"); !command.empty()) {
      co_return co_await process_keys(in_, std::move(command), name);
    }
    if (profile.contains("sso_session") || profile.contains("sso_start_url")) {
      co_return wrong(name, "uses SSO, which needs a person: use keys, a role or a credential_process");
    }
    co_return std::nullopt;
  }

 private:
  static Error wrong(const std::string& name, std::string_view what) {
    return {ErrorCode::invalid, fmt::format("AWS profile {} {}", name, what)};
  }

  awaitable<Found> role(std::string name, const Profile& profile) {
    if (std::ranges::find(seen_, name) != seen_.end()) co_return wrong(name, "leads back to itself by source_profile");
    seen_.push_back(name);
    Role role;
    role.arn = setting(profile, "role_arn");
    role.external_id = setting(profile, "external_id");
    role.duration_seconds = setting(profile, "duration_seconds");
    role.region = region_;
    if (auto session = setting(profile, "role_session_name"); !session.empty()) role.session_name = std::move(session);
    if (profile.contains("mfa_serial")) {
      co_return wrong(name, "asks for a second factor (mfa_serial), which needs a person: use another role");
    }
    if (auto file = setting(profile, "web_identity_token_file"); !file.empty()) {
      auto token = co_await read_plain_file(in_, file);
      if (!token) co_return within(fmt::format("AWS profile {}: web_identity_token_file", name), token.error());
      while (token->ends_with('\n')) token->pop_back();
      masking::Secret secret{std::move(*token)};
      co_return optional(co_await assume_role_with_web_identity(in_, std::move(secret), "the token of " + file, role));
    }
    auto base = co_await base_keys(name, profile);
    if (!base) co_return base.error();
    co_return optional(co_await assume_role(in_, std::move(*base), std::move(role)));
  }

  static Found optional(Result<Keys> keys) {
    if (!keys) return keys.error();
    return std::move(*keys);
  }

  awaitable<Result<Keys>> base_keys(std::string name, const Profile& profile) {
    const auto from = setting(profile, "source_profile");
    const auto where = setting(profile, "credential_source");
    Found found = std::nullopt;
    if (!from.empty()) {
      if (!files_.profiles.contains(from))
        co_return wrong(name, fmt::format("has source_profile {}, which is not there", from));
      // A profile may name itself, for the keys beside its role.
      found = co_await resolve(from, from == name);
    } else if (where == "Environment") {
      found = environment_keys(in_);
    } else if (where == "EcsContainer") {
      found = co_await container_keys(in_);
    } else if (where == "Ec2InstanceMetadata") {
      found = co_await instance_keys(in_);
    } else {
      co_return wrong(name, "has role_arn without source_profile, credential_source or web_identity_token_file");
    }
    if (!found) co_return found.error();
    if (!*found) {
      co_return wrong(name, fmt::format("takes its credentials from {}, where there are none",
                                        from.empty() ? "credential_source " + where : "profile " + from));
    }
    co_return std::move(**found);
  }

  const CredentialEnvironment& in_;
  const SharedFiles& files_;
  std::string region_;
  std::vector<std::string> seen_;
};

bool has_keys(const Profiles::value_type& named) { return named.second.contains("aws_secret_access_key"); }

awaitable<Result<Profiles>> read_file(const CredentialEnvironment& in, std::string path, bool is_config, bool& any) {
  const spec::ValueSource file{spec::ValueSource::Kind::File, path, {}};
  Result<std::string> text = std::string{};
  if (is_config) {
    text = co_await read_plain_file(in, path);
  } else {
    auto secret = co_await in.secrets->read(file);
    if (secret) {
      text = secret->reveal();
    } else {
      text = secret.error();
    }
  }
  if (!text && text.error().code == ErrorCode::not_found) co_return Profiles{};
  if (!text) co_return text.error();
  any = true;
  auto profiles = parse_profiles(*text, path, is_config);
  if (profiles && is_config && std::ranges::any_of(*profiles, has_keys)) {
    // Then it is no less a secret than the credentials file.
    if (const auto checked = co_await in.secrets->read(file); !checked) co_return checked.error();
  }
  co_return profiles;
}

}  // namespace

Found environment_keys(const CredentialEnvironment& in) {
  Keys keys;
  keys.access_key = variable(in, "AWS_ACCESS_KEY_ID");
  keys.secret_key = masking::Secret{variable(in, "AWS_SECRET_ACCESS_KEY")};
  keys.session_token = masking::Secret{variable(in, "AWS_SESSION_TOKEN")};
  keys.source = "teald's environment (AWS_ACCESS_KEY_ID)";
  const bool has_secret = !keys.secret_key.reveal().empty();
  if (keys.access_key.empty() && !has_secret) return std::nullopt;
  if (keys.access_key.empty() || !has_secret) {
    return Error{ErrorCode::invalid, fmt::format("teald's environment has {} without {}: set both, or neither",
                                                 has_secret ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID",
                                                 has_secret ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY")};
  }
  return keys;
}

awaitable<Result<SharedFiles>> read_shared_files(const CredentialEnvironment& in) {
  SharedFiles files;
  files.config_path = variable(in, "AWS_CONFIG_FILE");
  files.credentials_path = variable(in, "AWS_SHARED_CREDENTIALS_FILE");
  if (files.config_path.empty()) files.config_path = home(in) + "/.aws/config";
  if (files.credentials_path.empty()) files.credentials_path = home(in) + "/.aws/credentials";
  auto config = co_await read_file(in, files.config_path, true, files.any);
  if (!config) co_return config.error();
  auto credentials = co_await read_file(in, files.credentials_path, false, files.any);
  if (!credentials) co_return credentials.error();
  files.profiles = std::move(*config);
  for (auto& [name, profile] : *credentials) {
    auto& merged = files.profiles[name];
    if (profile.contains("aws_access_key_id")) files.with_keys.insert(name);
    for (auto& [key, value] : profile) merged[key] = std::move(value);
  }
  co_return files;
}

awaitable<Found> profile_keys(const CredentialEnvironment& in, const SharedFiles& files, std::string name,
                              std::string region) {
  Resolver resolver{in, files, std::move(region)};
  co_return co_await resolver.resolve(std::move(name), false);
}

}  // namespace teal::aws
