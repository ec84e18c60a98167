#include "daemon/secrets/secrets.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/secrets/env_file.hpp"
#include "daemon/secrets/secret_file.hpp"

namespace teal {
namespace {

using boost::asio::awaitable;

constexpr std::size_t most_secret_bytes = 64 << 10;
constexpr std::size_t most_env_file_bytes = 1 << 20;

std::optional<Secret> own_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return Secret{value};
}

Result<Secret> value_of_file(const std::string& path) {
  auto text = read_secret_file(path, most_secret_bytes);
  if (!text) return text.error();
  std::string_view value = text->reveal();
  if (value.find('\0') != value.npos) {
    return Error{ErrorCode::invalid, path + ": holds a NUL byte, which no environment variable can hold"};
  }
  // One newline only: what an editor or `echo` adds, and no more than that.
  if (value.ends_with('\n')) value.remove_suffix(value.ends_with("\r\n") ? 2 : 1);
  return Secret{std::string{value}};
}

Result<SecretEnvironment> environment_of_file(const std::string& path) {
  const auto text = read_secret_file(path, most_env_file_bytes);
  if (!text) return text.error();
  return parse_env_file(text->reveal(), path, own_variable);
}

Result<Secret> value_of_variable(const std::string& name) {
  auto value = name.find('\0') == name.npos ? own_variable(name) : std::nullopt;
  if (!value) {
    return Error{ErrorCode::not_found, fmt::format("teald's own environment has no variable {}", name)};
  }
  return std::move(*value);
}

class FileAndEnvironmentSecrets final : public Secrets {
 public:
  explicit FileAndEnvironmentSecrets(BlockingPool& pool) : pool_(pool) {}

  awaitable<Result<Secret>> read(ValueSource source) override {
    switch (source.kind) {
      case ValueSource::Kind::Literal:
        co_return Secret{std::move(source.text)};
      case ValueSource::Kind::Environment:
        co_return value_of_variable(source.text);
      case ValueSource::Kind::Exec:
        co_return Error{ErrorCode::invalid, "fromExec is not supported yet"};
      case ValueSource::Kind::File:
        break;
    }
    auto work = [path = std::move(source.text)] { return value_of_file(path); };
    co_return co_await pool_.run(std::move(work));
  }

  awaitable<Result<SecretEnvironment>> read_env_file(std::string path) override {
    auto work = [path = std::move(path)] { return environment_of_file(path); };
    co_return co_await pool_.run(std::move(work));
  }

 private:
  BlockingPool& pool_;
};

}  // namespace

std::unique_ptr<Secrets> make_secrets(BlockingPool& pool) { return std::make_unique<FileAndEnvironmentSecrets>(pool); }

}  // namespace teal
