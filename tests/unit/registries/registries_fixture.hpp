// Registries on a clock, an environment, a folder and an AWS of the test's own.
#pragma once

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "daemon/drivers/registries/registries.hpp"
#include "daemon/drivers/secrets/secrets.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "manifests/foundation/parse_time.hpp"
#include "tests/support/await.hpp"
#include "tests/support/aws_double.hpp"
#include "tests/support/set_clock.hpp"

namespace teal::test {

class RegistriesTest : public testing::Test {
 protected:
  RegistriesTest() {
    std::string pattern = "/tmp/teal-registries-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    set("HOME", folder_);
    set("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1");
    set("AWS_ENDPOINT_URL", aws_.url());
    aws_.accounts["AKIATEST"] = {"planted-secret-key", "", true};
    aws_.roles = {role("app"), role("web")};
  }
  ~RegistriesTest() override { std::filesystem::remove_all(folder_); }

  static std::string role(const std::string& name) { return "arn:aws:iam::123456789012:role/" + name; }
  void set(const std::string& name, const std::string& value) { environment_[name] = value; }
  void use_environment_keys() {
    set("AWS_ACCESS_KEY_ID", "AKIATEST");
    set("AWS_SECRET_ACCESS_KEY", "planted-secret-key");
  }
  std::string write(const std::string& name, const std::string& text, int mode = 0600) {
    const auto path = folder_ + "/" + name;
    std::filesystem::create_directories(std::filesystem::path{path}.parent_path());
    std::ofstream{path} << text;
    ::chmod(path.c_str(), static_cast<mode_t>(mode));
    return path;
  }
  aws::CredentialEnvironment environment() {
    aws::CredentialEnvironment in;
    in.executor = loop_.get_executor();
    in.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::nullopt : std::optional{found->second};
    };
    in.clock = &clock_;
    in.files = &pool_;
    in.programs = &pool_;
    in.secrets = secrets_.get();
    in.container_host = aws_.url();
    return in;
  }
  ports::Registry& with(std::vector<registries::RegistryRule> rules) {
    registries_ = registries::make_registries(environment(), std::move(rules));
    return *registries_;
  }
  static registries::RegistryRule ecr_rule(registries::EcrCredentials ecr = {}) {
    registries::RegistryRule rule;
    rule.host = "*.dkr.ecr.*.amazonaws.com";
    rule.credentials = std::move(ecr);
    return rule;
  }
  Result<ports::RegistryLogin> login(const std::string& reference) {
    return await(loop_, registries_->login(reference));
  }
  // Nothing that is planted may be said to anybody.
  static void expect_no_secret(const std::string& text) {
    for (const auto* secret : {"planted", "session-of", "secret-of", "registry-pw", "web-token", "imds-token"}) {
      EXPECT_THAT(text, testing::Not(testing::HasSubstr(secret)));
    }
  }
  std::string refusal(const std::string& reference) {
    const auto answer = login(reference);
    EXPECT_FALSE(answer.has_value());
    const auto text = answer ? std::string{} : answer.error().message;
    expect_no_secret(text);
    return text;
  }

  // How long teald would take to stop while a program that has made the file `started` hangs. Files are read meanwhile.
  std::chrono::steady_clock::duration stops_in(registries::RegistryRule rule, const std::string& reference) {
    std::optional<runtime::BlockingPool> programs{1};
    auto in = environment();
    in.programs = &*programs;
    registries_ = registries::make_registries(std::move(in), {std::move(rule)});
    boost::asio::co_spawn(loop_, registries_->login(reference), boost::asio::detached);
    const auto started = folder_ + "/started";
    for (int i = 0; i < 1000 && !std::filesystem::exists(started); ++i) loop_.run_for(std::chrono::milliseconds{10});
    EXPECT_TRUE(std::filesystem::exists(started));
    const auto begun = std::chrono::steady_clock::now();
    registries_.reset();
    programs.reset();
    return std::chrono::steady_clock::now() - begun;
  }

  std::string folder_;
  std::map<std::string, std::string> environment_;
  SetClock clock_{parse_time("2026-11-22T12:00:00Z").value()};
  boost::asio::io_context loop_;
  AwsDouble aws_{loop_, clock_};
  runtime::BlockingPool pool_{2};
  std::unique_ptr<ports::Secrets> secrets_ = secrets::make_secrets(pool_, pool_);
  std::unique_ptr<ports::Registry> registries_;
};

inline const std::string ecr_image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/shop:1";

}  // namespace teal::test
