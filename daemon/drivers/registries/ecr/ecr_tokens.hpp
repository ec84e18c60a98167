// Amazon ECR authorization tokens: requested with AWS credentials, cached, and renewed at half of their lifetime.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "controllers/ports/registry.hpp"
#include "daemon/drivers/registries/aws/credentials.hpp"
#include "daemon/drivers/registries/registry_rule.hpp"

namespace teal::ecr {

class EcrTokens {
 public:
  explicit EcrTokens(aws::CredentialEnvironment environment) : credentials_(std::move(environment)) {}

  // A token for the account and region that the host names, whosever credentials they are. When a renewal fails, the
  // token before is used for as long as it lives. Errors: denied, not_found, invalid, unavailable, timed_out; each
  // names the source of the credentials.
  [[nodiscard]] boost::asio::awaitable<Result<ports::RegistryLogin>> login(std::string host,
                                                                           registries::EcrCredentials rule);
  // Neither the host's tokens nor the credentials behind them are used again.
  void forget(const std::string& host);

 private:
  struct Target {
    std::string account;  // empty: the credentials' own
    std::string region;
    std::string url;
  };
  struct Token {
    ports::RegistryLogin login;
    Time renew_at;
    Time expires;
  };
  boost::asio::awaitable<Result<Target>> target_of(std::string host, registries::EcrCredentials rule);
  boost::asio::awaitable<Result<Token>> ask(std::string host, registries::EcrCredentials rule);
  [[nodiscard]] Result<Token> read_token(const http::Response& response, const std::string& host,
                                         const aws::Keys& keys) const;

  aws::Credentials credentials_;
  std::map<std::string, Token> tokens_;  // by host
};

}  // namespace teal::ecr
