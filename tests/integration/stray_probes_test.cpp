// Probes through a load balancer that another backend answers verify nothing, although users keep the right one busy
// meanwhile: on real parts.
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

class StrayProbes : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    config_ = servers().value("HAPROXY_CONFIG");
    original_ = read_text(config_);
    shop_.workers = 0;
  }
  void TearDown() override {
    if (read_text(config_) != original_) configure(original_);
    Stage::TearDown();
  }

  void configure(const std::string& text) {
    std::ofstream{config_} << text;
    servers().run("restart-haproxy");
    EXPECT_TRUE(eventually("it serves", 20s, [&] { return !get().empty(); }));
  }
  // What comes without the application's host name, as probes do, is answered by somebody else.
  [[nodiscard]] std::string with_another_backend() const {
    auto text = original_;
    const std::string leads_to = "default_backend";
    const auto at = text.find(leads_to);
    if (at == std::string::npos) throw std::runtime_error("no " + leads_to + " in " + config_);
    text.insert(at, "use_backend another if { path_beg /api/v1/health } !{ hdr(host) -m str shop.example }\n    ");
    return text +
           "\nbackend another\n    mode http\n    http-request return status 200 content-type application/json "
           "string '{\"status\":\"ok\"}'\n";
  }
  std::string status_message() { return text_at(application(), "/status/message"); }

  Shop shop_;

 private:
  std::string config_;
  std::string original_;
};

TEST_F(StrayProbes, VerifyNothingAlthoughUsersAreServed) {
  ASSERT_TRUE(install(shop_));
  configure(with_another_backend());
  start_load();
  shop_.version = "2";
  save(shop_);
  ASSERT_TRUE(eventually("it is said", 60s, [&] {
    return status_message().find("is not answered by backend sample_api") != std::string::npos;
  })) << status_message();
  EXPECT_EQ(phase(2), "Verifying");
  std::this_thread::sleep_for(3s);
  EXPECT_EQ(phase(2), "Verifying") << "what users are given verifies no probe: " << status_message();
  finish_load();
  auto text = manifest(shop_);
  const std::string health = "      health:\n";
  ASSERT_NE(text.find(health), std::string::npos);
  text.insert(text.find(health) + health.size(), "        headers: {Host: shop.example}\n");
  teald().save("shop.yaml", text);
  EXPECT_TRUE(eventually("with the host's name they arrive", 60s, [&] {
    const auto seen = application();
    return text_at(seen, "/status/phase") == "Healthy" && text_at(seen, "/status/activeVersion") == "2";
  })) << status_message();
}

}  // namespace
}  // namespace teal::test
