// A pair of containers that somebody runs by hand moves into Teal under load, behind a HAProxy that Teal keeps and
// behind one of people's own, and nothing is lost.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/conformance/haproxy_process.hpp"
#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Adopting : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    shop_.version = "2";
    shop_.workers = 0;
    shop_.bake = "3s";
    // What their schema needs, as it was made without Teal.
    auto migrate = by_hand("PG_MIGRATION_USER_FILE", "PG_MIGRATION_PASSWORD_FILE", {"--rm"});
    migrate.insert(migrate.end(), {"sample:1", "./upgrade_schema.sh", "upgrade"});
    static_cast<void>(docker(migrate));
    for (const std::string name : {"old-1", "old-2"}) {
      auto run = by_hand("PG_APP_USER_FILE", "PG_APP_PASSWORD_FILE",
                         {"-d", "--name", name, "--restart", "always", "-p", "127.0.0.1::8000"});
      run.emplace_back("sample:1");
      static_cast<void>(docker(run));
    }
    for (const std::string name : {"old-1", "old-2"}) {
      ASSERT_TRUE(eventually(name + " answers", 30s, [&] {
        return run_to_end({"curl", "-s", "--max-time", "2", "http://" + address_of(name) + "/api/v1/health/check_up"},
                          folder())
                   .text.find("ok") != std::string::npos;
      }));
    }
  }

  [[nodiscard]] std::string traffic_url() const override {
    return port_ == 0 ? Stage::traffic_url() : fmt::format("http://127.0.0.1:{}", port_);
  }
  // The first lines of a `docker run`.
  std::vector<std::string> by_hand(const char* user, const char* password, std::vector<std::string> how) {
    const auto pg = servers().value("PG_SOCKET_DIR");
    const auto secret = [&](const char* name) {
      auto text = read_text(servers().value(name));
      while (text.ends_with('\n')) text.pop_back();
      return text;
    };
    std::vector<std::string> run{"run"};
    run.insert(run.end(), how.begin(), how.end());
    run.insert(run.end(), {"-v", pg + ":" + pg});
    for (const auto& variable :
         {"DB__HOST=" + pg, "DB__PORT=" + servers().value("PG_PORT"), "DB__NAME=" + sql("SELECT current_database()"),
          "DB__USER=" + secret(user), "DB__PASSWORD=" + secret(password)})
      run.insert(run.end(), {"-e", variable});
    return run;
  }
  std::string address_of(const std::string& container) { return lines_of(docker({"port", container, "8000"})).at(0); }
  std::string state_of(const std::string& container) {
    return lines_of(docker({"inspect", "-f", "{{.State.Status}} {{.HostConfig.RestartPolicy.Name}}", container})).at(0);
  }

  // A HAProxy that this test's teald keeps.
  void use_managed() {
    port_ = free_port();
    auto managed = settings(folder() + "/managed");
    managed.managed_haproxy =
        fmt::format("{{managed: {{listen: [\"127.0.0.1:{}\"], directory: {}/edge}}}}", port_, folder());
    replace_teald(std::move(managed));
    ASSERT_TRUE(eventually("teald has written the configuration", 30s,
                           [&] { return std::filesystem::exists(folder() + "/edge/haproxy.cfg"); }));
    HaproxyChoice choice;
    choice.folder = folder() + "/edge";
    choice.port = port_;
    choice.has_master_socket = false;
    haproxy_ = std::make_unique<HaproxyProcess>(choice);
    shop_.load_balancer = "name: edge, drain: 10s, routes: [{path: /}]";
    shop_.more = "  adopt: {containers: [old-1, old-2], stop: true}\n";
  }
  // People's own, which has had the pair as its servers.
  void use_own() {
    const std::string expects = "    http-check expect status 200-299\n";
    HaproxyChoice choice;
    choice.edits = {{"uri \"${TEAL_HAPROXY_HEALTH_PATH}\"", "uri /api/v1/health/check_up"},
                    {expects, expects + fmt::format("    server old1 {} check inter 200ms\n    server old2 {} check "
                                                    "inter 200ms\n",
                                                    address_of("old-1"), address_of("old-2"))}};
    haproxy_ = std::make_unique<HaproxyProcess>(choice);
    port_ = haproxy_->port();
    auto own = settings(folder() + "/own");
    own.haproxy_socket = haproxy_->socket();
    own.haproxy_url = fmt::format("http://127.0.0.1:{}", port_);
    own.haproxy_master = haproxy_->master_socket();
    replace_teald(std::move(own));
    shop_.load_balancer = fmt::format("name: edge, backend: {}, drain: 10s", haproxy_->backend());
    shop_.more = "  adopt: {containers: [old-1, old-2], servers: [edge/old1, edge/old2], stop: true}\n";
  }

  bool answers(const std::string& version) {
    return get().find("\"version\":\"" + version + "\"") != std::string::npos;
  }

  int port_ = 0;
  std::unique_ptr<HaproxyProcess> haproxy_;
  Shop shop_;
};

TEST_F(Adopting, APairMovesBehindAHaproxyThatTealKeepsWhileTealdIsKilledInEveryPhase) {
  use_managed();
  save(shop_);
  ASSERT_TRUE(eventually("what ran before serves behind it", 60s, [&] { return answers("1"); }));
  start_load();
  for (const std::string at : {"Starting", "Introducing", "Verifying", "Withdrawing", "Retiring"}) {
    ASSERT_TRUE(eventually("the rollout is " + at, 60s, [&] {
      const auto now = phase(1);
      return now == at || now == "Verifying" || now == "Withdrawing" || now == "Retiring" || now == "Complete";
    }));
    if (phase(1) == "Complete") break;
    teald().kill();
    EXPECT_NE(get(), "") << at;
    teald().start();
  }
  ASSERT_TRUE(complete(1, 120s));
  const auto report = finish_load();
  EXPECT_EQ(report.versions.size(), 2U);
  EXPECT_TRUE(answers("2"));
  for (const std::string name : {"old-1", "old-2"}) EXPECT_EQ(state_of(name), "exited no") << name;
  EXPECT_THAT(told("PredecessorsOut"), SizeIs(1));
  EXPECT_THAT(told("PredecessorsStopped"), SizeIs(1));
}

TEST_F(Adopting, APairMovesBehindAHaproxyOfPeoplesOwn) {
  use_own();
  ASSERT_TRUE(eventually("what ran before serves", 60s, [&] { return answers("1"); }));
  start_load();
  save(shop_);
  ASSERT_TRUE(complete(1, 120s));
  const auto report = finish_load();
  EXPECT_EQ(report.versions.size(), 2U);
  for (const std::string name : {"old-1", "old-2"}) EXPECT_EQ(state_of(name), "exited no") << name;
}

TEST_F(Adopting, AFailedInstallationLeavesThePairInTrafficAndWhatIsWrongIsSaidBeforeIt) {
  build_images({"2-never=2"}, "NEVER_HEALTHY=1");
  use_own();
  start_load();
  shop_.more = "  adopt: {containers: [old-1, old-3], servers: [edge/old1, edge/odl2], stop: true}\n";
  save(shop_);
  ASSERT_TRUE(eventually("the missing container is named", 30s, [&] { return !told("AdoptionBlocked").empty(); }));
  EXPECT_THAT(told("AdoptionBlocked").at(0), HasSubstr("the engine has no container old-3"));
  EXPECT_THAT(migrations(), SizeIs(1)) << "the one by hand";
  shop_.more = "  adopt: {containers: [old-1, old-2], servers: [edge/old1, edge/old2], stop: true}\n";
  shop_.version = "2-never";
  shop_.startup = "3s";
  save(shop_);
  ASSERT_TRUE(eventually("it has failed", 120s,
                         [&] { return phase(1) == "Failed" || phase(2) == "Failed" || phase(3) == "Failed"; }));
  finish_load();
  EXPECT_TRUE(answers("1"));
  for (const std::string name : {"old-1", "old-2"}) EXPECT_EQ(state_of(name), "running always") << name;
}

}  // namespace
}  // namespace teal::test
