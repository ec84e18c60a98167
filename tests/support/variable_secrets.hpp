// Secrets of variables alone, which hold what a test has put there.
#pragma once

#include <map>
#include <string>

#include "controllers/ports/secrets.hpp"

namespace teal::test {

class VariableSecrets final : public ports::Secrets {
 public:
  std::map<std::string, std::string> values;
  boost::asio::awaitable<Result<masking::Secret>> read(spec::ValueSource source) override {
    const auto found = values.find(source.text);
    if (found == values.end()) co_return Error{ErrorCode::not_found, "there is no variable " + source.text};
    co_return masking::Secret{found->second};
  }
  boost::asio::awaitable<Result<masking::SecretEnvironment>> read_env_file(std::string) override {
    co_return masking::SecretEnvironment{};
  }
};

}  // namespace teal::test
