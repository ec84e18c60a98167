// What teald must not do, and what it does while something that it needs is away.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;

class Refusals : public Stage {
 protected:
  // A second teald whose configuration is the other folder's, but for one thing that is the first one's.
  Output second_teald(const std::string& its, const std::string& first) {
    const auto other = folder() + "/second";
    Teald second{settings(other)};
    auto text = read_text(second.config());
    const auto own = its == "port" ? std::to_string(second.port()) : other + its;
    const auto at = text.find(own);
    EXPECT_NE(at, std::string::npos) << own;
    text.replace(at, own.size(), first);
    std::ofstream{second.config()} << text;
    return run_to_end({TEAL_BIN_DIR "/teald", "--config", second.config()}, folder(), 10s);
  }

  void expect_refused(const Output& output, const std::string& word) {
    EXPECT_EQ(output.status, 1) << output.text;
    EXPECT_NE(output.text.find(word), std::string::npos) << output.text;
    const auto answer = teald().rest().request("GET", "/readyz");
    ASSERT_TRUE(answer) << "the first one is gone";
    EXPECT_EQ(answer->status, 200);
  }

  [[nodiscard]] static Shop small() {
    Shop shop;
    shop.replicas = 1;
    shop.workers = 0;
    shop.bake = "0s";
    return shop;
  }
};

TEST_F(Refusals, SecondTealdOnTheSamePortSocketOrStoreIsToldSo) {
  const auto port = std::to_string(teald().port());
  expect_refused(second_teald("port", port), port);
  expect_refused(second_teald("/teal.sock", teald().socket()), teald().socket());
  expect_refused(second_teald("/teal.db", teald().store()), teald().store());
  EXPECT_EQ(teal({"get", "applications"}).status, 0);
  EXPECT_TRUE(install(small()));
}

TEST_F(Refusals, SocketLeftByAKilledTealdIsNoObstacle) {
  teald().kill();
  EXPECT_TRUE(fs::exists(teald().socket()));
  teald().start();
}

TEST_F(Refusals, TcpIsForReadingOnly) {
  ASSERT_TRUE(install(small()));
  Rest tcp{fmt::format("http://127.0.0.1:{}", teald().port())};
  const std::string path = "/apis/teal/v1/applications/shop";
  const auto read = tcp.request("GET", path);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->status, 200);
  for (const auto* method : {"DELETE", "PUT", "PATCH"}) {
    const auto answer = tcp.request(method, path, "{}");
    ASSERT_TRUE(answer) << method;
    EXPECT_EQ(answer->status, 403) << method << ' ' << answer->text;
    EXPECT_EQ(text_at(answer->body, "/kind"), "Status");
  }
  for (const auto* verb : {"approve", "pause", "resume", "abort", "retry", "rollback"}) {
    const auto answer = tcp.request("POST", path + "/" + verb);
    ASSERT_TRUE(answer) << verb;
    EXPECT_EQ(answer->status, 403) << verb << ' ' << answer->text;
  }
  EXPECT_EQ(text_at(application(), "/status/phase"), "Healthy");
}

TEST_F(Refusals, DeadDockerSocketIsToldAndEverythingStartsOnceItLives) {
  ASSERT_EQ(teald().stop(), 0);
  const auto socket = folder() + "/docker.sock";
  auto config = read_text(teald().config());
  const auto real = servers().value("DOCKER_SOCKET");
  config.replace(config.find(real), real.size(), socket);
  std::ofstream{teald().config()} << config;
  teald().start();
  save(small());
  EXPECT_TRUE(eventually("the status names the dead socket", 5s, [&] {
    return text_at(application(), "/status/message").find(socket) != std::string::npos;
  })) << text_at(application(), "/status/message");
  EXPECT_NE(teald().log_tail(50).find("engine local does not answer"), std::string::npos);
  const auto status = teal({"status", "shop"});
  EXPECT_NE(status.text.find("docker.sock"), std::string::npos) << status.text;
  fs::create_symlink(real, socket);
  EXPECT_TRUE(complete(1));
}

TEST_F(Refusals, RestartOfDockerdEndsWithEverythingRunningAgain) {
  auto shop = small();
  shop.replicas = 2;
  ASSERT_TRUE(install(shop));
  servers().run("restart-dockerd");
  EXPECT_TRUE(eventually("every replica serves again", 20s, [&] {
    return text_at(application(), "/status/phase") == "Healthy" && haproxy_servers().size() == 2 &&
           running_containers().size() == 2 && !get().empty();
  }));
  shop.version = "2";
  save(shop);
  EXPECT_TRUE(complete(2));
  EXPECT_EQ(containers(), replicas(2, 2, 0));
}

}  // namespace
}  // namespace teal::test
