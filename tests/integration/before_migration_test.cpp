// What can be found before a migration is found before it, and what cannot be finished holds nothing up: on real parts.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class BeforeMigration : public Stage {
 protected:
  std::string status_message() { return text_at(application(), "/status/message"); }
  void save_with_backend(const std::string& backend) {
    auto text = manifest(shop_);
    const std::string configured = "backend: sample_api";
    text.replace(text.find(configured), configured.size(), "backend: " + backend);
    teald().save("shop.yaml", text);
  }
  Shop shop_;
};

TEST_F(BeforeMigration, AWrongBackendIsNamedWithThoseThatThereAre) {
  shop_.workers = 0;
  save_with_backend("sample_apo");
  ASSERT_TRUE(eventually("the message names the backends", 20s, [&] {
    return status_message().find("it has sample_api; did you mean sample_api?") != std::string::npos;
  })) << status_message();
  EXPECT_EQ(phase(1), "Preparing");
  EXPECT_THAT(told("BackendNotFound"), SizeIs(1));
  const auto plan = teal({"plan", "shop"});
  EXPECT_THAT(plan.text, HasSubstr("did you mean sample_api?"));
  const auto preflight = teal({"preflight", "shop"});
  EXPECT_EQ(preflight.status, 1);
  EXPECT_THAT(preflight.text, AllOf(HasSubstr("load balancer edge/sample_apo"), HasSubstr("blocks")));
  EXPECT_EQ(sql("SELECT to_regclass('migration_runs')"), "") << "no migration has begun, which would make its table";
  EXPECT_THAT(containers(), IsEmpty());
  save(shop_);
  EXPECT_TRUE(eventually("it is installed", 40s, [&] {
    return text_at(application(), "/status/phase") == "Healthy" && haproxy_servers().size() == 2;
  })) << status_message();
  EXPECT_THAT(migrations(), SizeIs(1));
}

TEST_F(BeforeMigration, ALoadBalancerThatIsDownIsWaitedFor) {
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  servers().run("stop-haproxy");
  shop_.version = "2";
  save(shop_);
  EXPECT_TRUE(eventually("it waits", 20s, [&] {
    return phase(2) == "Preparing" && status_message().find("load balancer edge: ") != std::string::npos;
  })) << status_message();
  const auto plan = teal({"plan", "shop"});
  EXPECT_THAT(plan.text, HasSubstr("LoadBalancerUnavailable: load balancer edge: "));
  EXPECT_THAT(migrations(), SizeIs(1));
  servers().run("start-haproxy");
  ASSERT_TRUE(complete(2));
  EXPECT_THAT(migrations(), SizeIs(2));
}

// A file in the engine's own folder of the container that even root cannot delete: the engine ends and half removes it.
class Stuck {
 public:
  Stuck(std::string root, const std::string& id) : file_(fmt::format("{}/containers/{}/busy", root, id)) {
    std::ofstream{file_} << "busy";
    run_program({"chattr", "+i", file_});
  }
  ~Stuck() { free(); }
  Stuck(const Stuck&) = delete;
  Stuck& operator=(const Stuck&) = delete;
  void free() {
    if (!file_.empty()) run_program({"chattr", "-i", file_});
    file_.clear();
  }

 private:
  std::string file_;
};

TEST_F(BeforeMigration, AContainerThatCannotBeRemovedHoldsNeitherItsRolloutNorTheNext) {
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  const auto root = lines_of(docker({"info", "-f", "{{.DockerRootDir}}"})).at(0);
  const auto id = lines_of(docker({"inspect", "-f", "{{.Id}}", "teal-shop-api-r1-0"})).at(0);
  Stuck stuck{root, id};
  start_load();
  shop_.version = "2";
  save(shop_);
  ASSERT_TRUE(complete(2));
  EXPECT_THAT(containers(), Contains("teal-shop-api-r1-0"));
  EXPECT_THAT(told("LeftBehind"), Contains(HasSubstr("teal-shop-api-r1-0 has ended but cannot be removed")));
  EXPECT_THAT(condition("LeftBehind", "message"), HasSubstr("teal-shop-api-r1-0"));
  shop_.version = "3";
  save(shop_);
  ASSERT_TRUE(complete(3));
  finish_load();
  EXPECT_THAT(containers(), Contains("teal-shop-api-r1-0"));
  stuck.free();
  EXPECT_TRUE(eventually("it is removed at last", 60s, [&] { return containers() == replicas(3, 2, 0); }));
  EXPECT_TRUE(eventually("nothing is said of it", 20s, [&] { return condition("LeftBehind", "message").empty(); }));
}

}  // namespace
}  // namespace teal::test
