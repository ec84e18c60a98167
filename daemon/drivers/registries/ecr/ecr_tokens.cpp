#include "daemon/drivers/registries/ecr/ecr_tokens.hpp"

#include <fmt/format.h>

#include <cmath>

#include "daemon/drivers/registries/answer.hpp"
#include "daemon/drivers/registries/aws/refusal.hpp"
#include "daemon/drivers/registries/ecr/ecr_host.hpp"
#include "manifests/foundation/digest.hpp"

namespace teal::ecr {

using boost::asio::awaitable;
namespace json = boost::json;

namespace {

using namespace std::chrono_literals;

constexpr Duration ecr_deadline = 10s;

http::Request token_request(const std::string& account) {
  http::Request request;
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/x-amz-json-1.1");
  request.headers.emplace_back("X-Amz-Target", "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
  request.body = account.empty() ? "{}" : fmt::format(R"({{"registryIds":["{}"]}})", account);
  return request;
}

// Seconds since 1970, with a fraction.
std::optional<Time> read_expiry(const json::value& data) {
  const auto* object = data.if_object();
  const auto* field = object == nullptr ? nullptr : object->if_contains("expiresAt");
  if (field == nullptr || !field->is_number()) return std::nullopt;
  const auto seconds = field->to_number<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e11) return std::nullopt;
  return Time{Duration{static_cast<std::int64_t>(seconds * 1000)}};
}

// Nothing that ECR says.
Error incomplete(const std::string& what, const aws::Keys& keys) {
  return {ErrorCode::unavailable,
          fmt::format("{}; it was asked with the AWS credentials of {}: check the endpoint, does ECR answer there or "
                      "something between?",
                      what, keys.source)};
}

}  // namespace

awaitable<Result<EcrTokens::Target>> EcrTokens::target_of(std::string host, registries::EcrCredentials rule) {
  const auto parsed = parse_ecr_host(host.substr(0, host.find(':')));
  Target target;
  if (parsed) {
    target.account = parsed->account;
    target.region = parsed->region;
    target.url = ecr_api_url(*parsed);
  }
  if (rule.region) target.region = *rule.region;
  if (target.region.empty()) {
    auto region = co_await credentials_.region(rule.profile.value_or(""));
    if (!region) co_return region.error();
    target.region = std::move(*region);
  }
  const auto& in = credentials_.environment();
  for (const auto* name : {"AWS_ENDPOINT_URL_ECR", "AWS_ENDPOINT_URL"}) {
    if (auto url = aws::variable(in, name); !url.empty()) {
      target.url = std::move(url);
      break;
    }
  }
  if (rule.endpoint) target.url = *rule.endpoint;
  while (target.url.ends_with('/')) target.url.pop_back();
  if (target.url.empty()) target.url = fmt::format("https://api.ecr.{}.{}", target.region, aws_domain(target.region));
  co_return target;
}

Result<EcrTokens::Token> EcrTokens::read_token(const http::Response& response, const std::string& host,
                                               const aws::Keys& keys) const {
  const auto body = registries::parse_json(response.body, "ECR's answer");
  if (!body) return incomplete(body.error().message, keys);
  const auto* object = body->if_object();
  const auto* list = object == nullptr ? nullptr : object->if_contains("authorizationData");
  const auto* data =
      list == nullptr || !list->is_array() || list->get_array().empty() ? nullptr : list->get_array().data();
  if (data == nullptr) return incomplete("ECR's answer holds no authorizationData", keys);
  const masking::Secret text{decode_base64(registries::text_of(*data, "authorizationToken")).value_or("")};
  const auto colon = text.reveal().find(':');
  if (colon == std::string::npos || colon == 0) return incomplete("ECR's answer holds no authorizationToken", keys);
  const auto now = credentials_.environment().clock->now();
  Token token;
  token.expires = read_expiry(*data).value_or(now + 12h);
  token.renew_at = now + (token.expires - now) / 2;
  token.login.server = host;
  token.login.username = text.reveal().substr(0, colon);
  token.login.password = masking::Secret{text.reveal().substr(colon + 1)};
  token.login.source = "an ECR token for the AWS credentials of " + keys.source;
  token.login.advice =
      "allow ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:BatchCheckLayerAvailability on this repository, in "
      "the role's policy and, across accounts, in the repository's";
  return token;
}

awaitable<Result<EcrTokens::Token>> EcrTokens::ask(std::string host, registries::EcrCredentials rule) {
  auto target = co_await target_of(host, rule);
  if (!target) co_return target.error();
  for (int attempt = 1;; ++attempt) {
    const auto keys = co_await credentials_.get(rule.profile.value_or(""), target->region);
    if (!keys) co_return keys.error();
    auto request = token_request(target->account);
    const aws::Scope scope{target->region, "ecr"};
    const auto& in = credentials_.environment();
    aws::sign(request, aws::host_of(target->url), *keys, scope, in.clock->now());
    const auto response = co_await aws::ask(in, target->url + "/", std::move(request), ecr_deadline);
    if (!response) {
      auto error = response.error();
      if (error.code == ErrorCode::invalid) error.code = ErrorCode::unavailable;
      error.message += fmt::format(
          "; it was to be asked with the AWS credentials of {}: check the endpoint, the region "
          "and this machine's way there",
          keys->source);
      co_return error;
    }
    if (response->status == 200) co_return read_token(*response, host, *keys);
    auto error = aws::refused(*response, *keys, "ecr:GetAuthorizationToken", target->region, in.clock->now());
    // Kept keys may have been replaced meanwhile.
    if (error.code != ErrorCode::denied || attempt == 2 || !keys->expires) co_return error;
    credentials_.forget();
  }
}

awaitable<Result<ports::RegistryLogin>> EcrTokens::login(std::string host, registries::EcrCredentials rule) {
  const auto now = credentials_.environment().clock->now();
  if (const auto kept = tokens_.find(host); kept != tokens_.end() && now < kept->second.renew_at) {
    co_return kept->second.login;
  }
  auto token = co_await ask(host, std::move(rule));
  if (token) {
    tokens_[host] = *token;
    co_return std::move(token->login);
  }
  const auto kept = tokens_.find(host);
  if (kept != tokens_.end() && now < kept->second.expires) co_return kept->second.login;
  co_return within("log in to " + host, token.error());
}

void EcrTokens::forget(const std::string& host) {
  tokens_.erase(host);
  credentials_.forget();
}

}  // namespace teal::ecr
