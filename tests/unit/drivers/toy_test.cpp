// Drivers of the test's own: teald deploys with them from a teald.yaml, and nothing of teald was told of them.
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "daemon/app.hpp"
#include "tests/support/rest.hpp"
#include "tests/unit/drivers/toy.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

class ToyDrivers : public testing::Test {
 protected:
  ToyDrivers() : drivers_(drivers::built_in_drivers()) {
    register_toys(drivers_, log_);
    fs::remove_all(folder_);
    fs::create_directories(folder_ + "/manifests");
  }

  void write(const std::string& name, const std::string& text) const { std::ofstream{folder_ + "/" + name} << text; }

  [[nodiscard]] std::string errors_of(const std::string& rest) const {
    const auto parsed = config::parse_config("apiVersion: teal/v1\nkind: DaemonConfig\n" + rest, "c", drivers_);
    return to_string(parsed.diagnostics);
  }

  const std::string folder_ = testing::TempDir() + "teal_toy_drivers_" + std::to_string(::getpid());
  ToyLog log_;
  drivers::Drivers drivers_;
};

TEST_F(ToyDrivers, DeployWhatAManifestSays) {
  write("teald.yaml", "apiVersion: teal/v1\nkind: DaemonConfig\nmanifests: " + folder_ +
                          "/manifests\nstore: {sqlite: " + folder_ + "/teal.db}\napi: {listen: [\"unix:" + folder_ +
                          "/teal.sock\"]}\nengines: [{name: box, toy: {answer: \"HTTP/1.1 200 OK\\r\\n"
                          "Content-Length: 0\\r\\n\\r\\n\"}}]\nloadBalancers: [{name: edge, toyBalancer: {}}]\n");
  write("manifests/shop.yaml",
        "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  version: \"1.0\"\n  image: "
        "registry.example/shop\n  engine: box\n  rollout: {bake: 100ms}\n  components:\n    - {name: api, port: 80, "
        "health: {interval: 100ms, expect: {status: 200-299}}, loadBalancer: {name: edge, backend: shop}}\n");
  const auto config = config::load_config(folder_ + "/teald.yaml", drivers_);
  ASSERT_TRUE(config.has_value()) << config.error().message;
  runtime::Log quiet{runtime::LogFormat::Text, runtime::LogLevel::Error};
  int status = -1;
  std::atomic<bool> ended = false;
  std::thread daemon{[&] {
    status = daemon::run_daemon(*config, quiet);
    ended = true;
  }};
  std::string phase;
  boost::json::value rollout;
  for (int i = 0; i < 600 && !ended && phase != "Complete"; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    rollout = Rest{"unix:" + folder_ + "/teal.sock"}.get("/apis/teal/v1/rollouts/shop-1");
    phase = text_at(rollout, "/status/phase");
  }
  if (!ended) ::kill(::getpid(), SIGTERM);
  daemon.join();
  EXPECT_EQ(phase, "Complete") << boost::json::serialize(rollout);
  EXPECT_EQ(status, 0);
  EXPECT_THAT(log_.lines, Contains(StartsWith("create teal-shop-api-r1-0 of ")));
  EXPECT_THAT(log_.lines, Contains("add teal-shop-api-r1-0 to shop"));
  fs::remove_all(folder_);
}

TEST_F(ToyDrivers, HaveTheirMistakesSaidWithTheirPlace) {
  EXPECT_EQ(errors_of("engines: [{name: box, toy: {}}]\n"),
            "c:3:23: engines[0].toy.answer: missing: the key answer is required here");
  EXPECT_EQ(errors_of("loadBalancers: [{name: edge, toyBalancer: {entrence: x}}]\n"),
            "c:3:44: loadBalancers[0].toyBalancer.entrence: unknown key \"entrence\"; did you mean entrance?");
}

TEST_F(ToyDrivers, AreOneOfThoseThatAnEngineMayHave) {
  EXPECT_EQ(errors_of("engines: [{name: box}]\n"), "c:3:11: engines[0]: expected exactly one of docker, toy");
  EXPECT_EQ(errors_of("engines: [{name: box, docker: {}, toy: {answer: x}}]\n"),
            "c:3:11: engines[0]: expected exactly one of docker, toy");
  EXPECT_EQ(errors_of("engines: [{name: box, toi: {}}]\n"),
            "c:3:11: engines[0]: expected exactly one of docker, toy\nc:3:23: engines[0].toi: unknown key \"toi\"; did "
            "you mean toy?");
}

}  // namespace
}  // namespace teal::test
