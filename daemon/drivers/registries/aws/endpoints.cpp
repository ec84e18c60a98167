#include "daemon/drivers/registries/aws/endpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

#include "daemon/drivers/registries/answer.hpp"
#include "daemon/drivers/registries/aws/json_keys.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::aws {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration endpoint_deadline = 5s;

bool may_be_plain(std::string_view url) {
  const auto parsed = http::parse_url(url);
  if (!parsed) return false;
  const auto& host = parsed->endpoint.host;
  static constexpr std::array<std::string_view, 4> allowed{"localhost", "169.254.170.2", "169.254.170.23",
                                                           "fd00:ec2::23"};
  boost::system::error_code not_numeric;
  const auto address = boost::asio::ip::make_address(host, not_numeric);
  return (!not_numeric && address.is_loopback()) || std::ranges::find(allowed, host) != allowed.end();
}

constexpr std::string_view container_advice =
    "check this container's role and AWS_CONTAINER_AUTHORIZATION_TOKEN or its _FILE";
constexpr std::string_view token_advice =
    "turn the service on for this instance (IMDSv2, HttpEndpoint), or give teald other AWS credentials";
constexpr std::string_view role_advice = "check the role that this instance has, or give teald other AWS credentials";

Error with_advice(Error error, std::string_view advice) {
  error.message += fmt::format("; {}", advice);
  return error;
}

Error answered(const std::string& source, const http::Response& response, const masking::Secret& token,
               std::string_view advice) {
  auto text = fmt::format("{} answers {}", source, response.status);
  const auto said = registries::presentable(response.body, {token});
  if (!said.empty()) text += ": " + said;
  return with_advice({response.status >= 500 ? ErrorCode::unavailable : ErrorCode::denied, std::move(text)}, advice);
}

awaitable<Result<masking::Secret>> authorization(const CredentialEnvironment& in) {
  const auto file = variable(in, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (file.empty()) co_return masking::Secret{variable(in, "AWS_CONTAINER_AUTHORIZATION_TOKEN")};
  auto text = co_await read_plain_file(in, file);
  if (!text) co_return within("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", text.error());
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  co_return masking::Secret{std::move(*text)};
}

awaitable<Result<std::string>> instance_token(const CredentialEnvironment& in, const std::string& host) {
  http::Request request;
  request.method = "PUT";
  request.headers.emplace_back("X-aws-ec2-metadata-token-ttl-seconds", "21600");
  const auto response = co_await ask(in, host + "/latest/api/token", std::move(request), in.instance_deadline);
  if (!response) co_return response.error();
  if (response->status != 200)
    co_return answered("the instance metadata service", *response, masking::Secret{}, token_advice);
  co_return response->body;
}

}  // namespace

awaitable<Found> container_keys(const CredentialEnvironment& in) {
  const auto relative = variable(in, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  const auto full = variable(in, "AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (relative.empty() && full.empty()) co_return std::nullopt;
  const auto url = relative.empty() ? full : in.container_host + relative;
  const auto source = "the container credentials endpoint " + host_of(url);
  if (relative.empty() && !full.starts_with("https://") && !may_be_plain(full)) {
    co_return Error{ErrorCode::denied,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI: plain HTTP is for this machine only: use https"};
  }
  auto token = co_await authorization(in);
  if (!token) co_return token.error();
  http::Request request;
  request.headers.emplace_back("Accept", "application/json");
  if (!token->reveal().empty()) request.headers.emplace_back("Authorization", token->reveal());
  const auto response = co_await ask(in, url, std::move(request), endpoint_deadline);
  if (!response) co_return within(source, response.error());
  if (response->status != 200) co_return answered(source, *response, *token, container_advice);
  auto keys = read_json_keys(response->body, "Token", source);
  if (!keys) co_return with_advice(keys.error(), container_advice);
  co_return std::move(*keys);
}

awaitable<Found> instance_keys(const CredentialEnvironment& in) {
  auto disabled = variable(in, "AWS_EC2_METADATA_DISABLED");
  if (disabled == "true" || disabled == "TRUE" || disabled == "True") co_return std::nullopt;
  auto host = variable(in, "AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (host.empty()) host = in.instance_host;
  while (host.ends_with('/')) host.pop_back();
  const std::string source = "this instance's role";
  const auto token = co_await instance_token(in, host);
  // Not on EC2, which is the usual case.
  if (!token && token.error().code != ErrorCode::denied) co_return std::nullopt;
  if (!token) co_return token.error();
  const auto path = host + "/latest/meta-data/iam/security-credentials/";
  http::Request listing;
  listing.headers.emplace_back("X-aws-ec2-metadata-token", *token);
  const auto roles = co_await ask(in, path, std::move(listing), endpoint_deadline);
  if (!roles) co_return within(source, roles.error());
  if (roles->status == 404) co_return std::nullopt;  // no role is attached
  if (roles->status != 200) co_return answered(source, *roles, masking::Secret{*token}, role_advice);
  const auto role = roles->body.substr(0, roles->body.find_first_of("\r\n"));
  http::Request request;
  request.headers.emplace_back("X-aws-ec2-metadata-token", *token);
  const auto response = co_await ask(in, path + percent_encode(role), std::move(request), endpoint_deadline);
  if (!response) co_return within(source, response.error());
  if (response->status != 200) co_return answered(source, *response, masking::Secret{*token}, role_advice);
  auto keys = read_json_keys(response->body, "Token",
                             fmt::format("this instance's role {}", registries::presentable(role, {})));
  if (!keys) co_return with_advice(keys.error(), role_advice);
  co_return std::move(*keys);
}

}  // namespace teal::aws
