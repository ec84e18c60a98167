#include "daemon/drivers/secrets/secrets.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <utility>

#include "daemon/drivers/secrets/env_file.hpp"
#include "daemon/drivers/secrets/secret_program.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/secret_file.hpp"
#include "daemon/runtime/secret_text.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::secrets {
namespace {

using boost::asio::awaitable;

constexpr std::size_t most_secret_bytes = 64 << 10;
constexpr std::size_t most_env_file_bytes = 1 << 20;

std::optional<masking::Secret> own_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return masking::Secret{value};
}

Result<masking::Secret> value_of_file(const std::string& text) {
  const auto path = runtime::path_of_secret(text);
  if (!path) return path.error();
  const auto content = runtime::read_secret_file(*path, most_secret_bytes, runtime::Readers::OwnerOnly);
  if (!content) return content.error();
  if (const auto defect = runtime::defect_of_value(content->reveal())) {
    return Error{ErrorCode::invalid, fmt::format("{}: cannot be a value: {}", *path, *defect)};
  }
  return masking::Secret{std::string{runtime::value_in_file(content->reveal())}};
}

Result<masking::SecretEnvironment> environment_of_file(const std::string& path) {
  const auto text = runtime::read_secret_file(path, most_env_file_bytes, runtime::Readers::Anyone);
  if (!text) return text.error();
  const bool is_ours = runtime::open_trusted(path, runtime::PathKind::File).has_value();
  return parse_env_file(text->reveal(), path, is_ours ? OwnVariable{own_variable} : OwnVariable{});
}

Result<masking::Secret> value_of_variable(const std::string& name) {
  auto value = name.find('\0') == name.npos ? own_variable(name) : std::nullopt;
  if (!value) {
    return Error{ErrorCode::not_found, fmt::format("teald's own environment has no variable {}", name)};
  }
  return std::move(*value);
}

class SystemSecrets final : public ports::Secrets {
 public:
  SystemSecrets(runtime::BlockingPool& files, runtime::BlockingPool& programs, Duration deadline)
      : files_(files), programs_(programs), deadline_(deadline) {}
  ~SystemSecrets() override { stopping_->store(true); }
  SystemSecrets(const SystemSecrets&) = delete;
  SystemSecrets& operator=(const SystemSecrets&) = delete;

  awaitable<Result<masking::Secret>> read(spec::ValueSource source) override {
    switch (source.kind) {
      case spec::ValueSource::Kind::Literal:
        co_return masking::Secret{std::move(source.text)};
      case spec::ValueSource::Kind::Environment:
        co_return value_of_variable(source.text);
      case spec::ValueSource::Kind::Exec: {
        SecretProgram program{std::move(source.command), deadline_, stopping_};
        if (auto given = co_await give(source.env, program); !given) co_return given.error();
        auto work = [program = std::move(program)] { return read_secret_program(program); };
        co_return co_await programs_.run(std::move(work));
      }
      case spec::ValueSource::Kind::File:
        break;
    }
    auto work = [path = std::move(source.text)] { return value_of_file(path); };
    co_return co_await files_.run(std::move(work));
  }

  awaitable<Result<masking::SecretEnvironment>> read_env_file(std::string path) override {
    auto work = [path = std::move(path)] { return environment_of_file(path); };
    co_return co_await files_.run(std::move(work));
  }

 private:
  // Reads what stands beside fromExec.
  awaitable<Result<void>> give(spec::Environment wanted, SecretProgram& program) {
    const auto where = "fromExec " + (program.command.empty() ? std::string{} : program.command.front());
    for (auto& [name, source] : wanted) {
      if (source.kind == spec::ValueSource::Kind::Exec) {
        co_return Error{ErrorCode::invalid, fmt::format("{}: env.{} must not be fromExec itself", where, name)};
      }
      const bool is_literal = source.kind == spec::ValueSource::Kind::Literal;
      auto value = co_await read(std::move(source));
      if (!value) co_return within(fmt::format("{}: env.{}", where, name), value.error());
      if (!is_literal || spec::sounds_secret(name)) program.unspoken.push_back(*value);
      program.environment.emplace_back(name, std::move(*value));
    }
    co_return Result<void>{};
  }

  runtime::BlockingPool& files_;
  runtime::BlockingPool& programs_;
  Duration deadline_;
  std::shared_ptr<std::atomic<bool>> stopping_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace

std::unique_ptr<ports::Secrets> make_secrets(runtime::BlockingPool& files, runtime::BlockingPool& programs,
                                             Duration program_deadline) {
  return std::make_unique<SystemSecrets>(files, programs, program_deadline);
}

}  // namespace teal::secrets
