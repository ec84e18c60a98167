#include "daemon/drivers/registries/aws/credentials.hpp"

#include <fmt/format.h>

#include "daemon/drivers/registries/aws/profile_keys.hpp"
#include "daemon/drivers/registries/aws/sts.hpp"

namespace teal::aws {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration renew_before = 5min;

awaitable<Found> web_identity_keys(const CredentialEnvironment& in, std::string region) {
  const auto file = variable(in, "AWS_WEB_IDENTITY_TOKEN_FILE");
  Role role;
  role.arn = variable(in, "AWS_ROLE_ARN");
  role.region = std::move(region);
  if (file.empty()) co_return std::nullopt;
  if (role.arn.empty()) {
    co_return Error{ErrorCode::invalid, "teald's environment has AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN"};
  }
  if (auto name = variable(in, "AWS_ROLE_SESSION_NAME"); !name.empty()) role.session_name = std::move(name);
  auto token = co_await read_plain_file(in, file);
  if (!token) co_return within("AWS_WEB_IDENTITY_TOKEN_FILE", token.error());
  while (token->ends_with('\n')) token->pop_back();
  masking::Secret secret{std::move(*token)};
  auto keys = co_await assume_role_with_web_identity(in, std::move(secret), "the token of " + file, std::move(role));
  if (!keys) co_return keys.error();
  co_return std::move(*keys);
}

}  // namespace

std::string Credentials::profile_name(const std::string& wanted) const {
  if (!wanted.empty()) return wanted;
  auto name = variable(in_, "AWS_PROFILE");
  return name.empty() ? "default" : name;
}

awaitable<Result<Keys>> Credentials::get(std::string profile, std::string region) {
  const auto now = in_.clock->now();
  if (const auto kept = kept_.find(profile); kept != kept_.end() && now < *kept->second.expires - renew_before) {
    co_return kept->second;
  }
  auto found = co_await find(profile, std::move(region));
  if (found && found->expires) {
    if (*found->expires <= now) {
      co_return Error{ErrorCode::denied, fmt::format("the AWS credentials of {} have expired at {}: renew them",
                                                     found->source, format_time(*found->expires))};
    }
    kept_[profile] = *found;
  }
  if (found) co_return found;
  // What is about to expire is still good, and its source may be back in a moment.
  const auto old = kept_.find(profile);
  if (old != kept_.end() && now < *old->second.expires) co_return old->second;
  co_return found;
}

awaitable<Result<Keys>> Credentials::find(std::string profile, std::string region) {
  const auto name = profile_name(profile);
  if (profile.empty()) {
    auto own = environment_keys(in_);
    if (!own) co_return own.error();
    if (*own) co_return std::move(**own);
    auto web = co_await web_identity_keys(in_, region);
    if (!web) co_return web.error();
    if (*web) co_return std::move(**web);
  }
  const auto files = co_await read_shared_files(in_);
  if (!files) co_return files.error();
  auto shared = co_await profile_keys(in_, *files, name, region);
  if (!shared) co_return shared.error();
  if (*shared) co_return std::move(**shared);
  const bool named = !profile.empty() || !variable(in_, "AWS_PROFILE").empty();
  if (named) {
    co_return Error{ErrorCode::not_found,
                    fmt::format("AWS profile {} {} in {} and {}", name,
                                files->profiles.contains(name) ? "has no credentials" : "is not there",
                                files->config_path, files->credentials_path)};
  }
  auto container = co_await container_keys(in_);
  if (!container) co_return container.error();
  if (*container) co_return std::move(**container);
  auto instance = co_await instance_keys(in_);
  if (!instance) co_return instance.error();
  if (*instance) co_return std::move(**instance);
  co_return Error{
      ErrorCode::not_found,
      fmt::format("there are no AWS credentials: teald's environment has neither AWS_ACCESS_KEY_ID nor "
                  "AWS_WEB_IDENTITY_TOKEN_FILE nor AWS_CONTAINER_CREDENTIALS_*_URI, {} and {} {}, and no instance "
                  "metadata service hands out a role's: give teald one of them",
                  files->credentials_path, files->config_path,
                  files->any ? "have no profile default with credentials" : "do not exist")};
}

awaitable<Result<std::string>> Credentials::region(std::string profile) {
  for (const auto* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (auto value = variable(in_, name); !value.empty()) co_return value;
  }
  const auto files = co_await read_shared_files(in_);
  if (!files) co_return files.error();
  const auto found = files->profiles.find(profile_name(profile));
  auto value = found == files->profiles.end() ? std::string{} : setting(found->second, "region");
  if (value.empty()) {
    co_return Error{ErrorCode::not_found,
                    "the AWS region is not known: give it in teald.yaml, as registries: [{host: "
                    "…, ecr: {region: eu-west-1}}]"};
  }
  co_return value;
}

}  // namespace teal::aws
