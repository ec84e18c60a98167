#include "daemon/drivers/registries/aws/sts.hpp"

#include <fmt/format.h>

#include "daemon/drivers/registries/aws/refusal.hpp"
#include "daemon/drivers/registries/ecr/ecr_host.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::aws {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration sts_deadline = 10s;

std::string endpoint(const CredentialEnvironment& in, const std::string& region) {
  for (const auto* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    if (auto url = variable(in, name); !url.empty()) return url;
  }
  return fmt::format("https://sts.{}.{}", region, ecr::aws_domain(region));
}

std::string form(std::string_view action, const Role& role) {
  auto body = fmt::format("Action={}&Version=2011-06-15&RoleArn={}&RoleSessionName={}", action,
                          percent_encode(role.arn), percent_encode(role.session_name));
  if (!role.external_id.empty()) body += "&ExternalId=" + percent_encode(role.external_id);
  if (!role.duration_seconds.empty()) body += "&DurationSeconds=" + percent_encode(role.duration_seconds);
  return body;
}

http::Request request_with(std::string body) {
  http::Request request;
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = std::move(body);
  return request;
}

Result<Keys> read_keys(const http::Response& response, const Role& role, const std::string& source) {
  Keys keys;
  keys.access_key = xml_text(response.body, "AccessKeyId");
  keys.secret_key = masking::Secret{xml_text(response.body, "SecretAccessKey")};
  keys.session_token = masking::Secret{xml_text(response.body, "SessionToken")};
  const auto expires = parse_time(xml_text(response.body, "Expiration"));
  if (keys.access_key.empty() || keys.secret_key.reveal().empty() || !expires) {
    return Error{ErrorCode::unavailable,
                 fmt::format("the answer for role {}, asked for with {}, holds no whole credentials: does STS answer "
                             "there, or something between?",
                             role.arn, source)};
  }
  keys.expires = *expires;
  keys.source = fmt::format("role {} assumed with {}", role.arn, source);
  return keys;
}

}  // namespace

awaitable<Result<Keys>> assume_role(const CredentialEnvironment& in, Keys keys, Role role) {
  const auto url = endpoint(in, role.region);
  auto request = request_with(form("AssumeRole", role));
  const Scope scope{role.region, "sts"};
  sign(request, host_of(url), keys, scope, in.clock->now());
  const auto response = co_await ask(in, url + "/", std::move(request), sts_deadline);
  if (!response) co_return within(fmt::format("assume role {} with {}", role.arn, keys.source), response.error());
  if (response->status != 200) {
    co_return refused(*response, keys, "sts:AssumeRole of " + role.arn, role.region, in.clock->now());
  }
  co_return read_keys(*response, role, keys.source);
}

awaitable<Result<Keys>> assume_role_with_web_identity(const CredentialEnvironment& in, masking::Secret token,
                                                      std::string source, Role role) {
  const auto url = endpoint(in, role.region);
  auto request =
      request_with(form("AssumeRoleWithWebIdentity", role) + "&WebIdentityToken=" + percent_encode(token.reveal()));
  const auto response = co_await ask(in, url + "/", std::move(request), sts_deadline);
  if (!response) co_return within(fmt::format("assume role {} with {}", role.arn, source), response.error());
  if (response->status != 200) {
    Keys shown;
    shown.secret_key = std::move(token);
    shown.source = source;
    co_return refused(*response, shown, "sts:AssumeRoleWithWebIdentity of " + role.arn, role.region, in.clock->now());
  }
  co_return read_keys(*response, role, source);
}

}  // namespace teal::aws
