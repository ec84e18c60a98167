// A thousand clients of the API that are slow or hung are their own problem, not that of an upgrade.
#include <fmt/format.h>

#include <iostream>
#include <optional>
#include <thread>

#include "tests/integration/stage.hpp"
#include "tests/support/hung_clients.hpp"

namespace teal::test {
namespace {

class SlowClients : public Stage {
 protected:
  // Seconds from the change of the version to Complete.
  double upgrade() {
    shop_.version = shop_.version == "1" ? "2" : "1";
    const auto begun = std::chrono::steady_clock::now();
    save(shop_);
    EXPECT_TRUE(complete(++revision_));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  }

  Shop shop_;
  int revision_ = 1;
};

TEST_F(SlowClients, AThousandOfThemDoNotDelayAnUpgrade) {
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  upgrade();  // with the one migration that there is
  start_load({20, 20, 0});
  const auto alone = upgrade() + upgrade();
  std::optional<HungClients> clients{std::in_place, teald().port(), 1000};
  std::this_thread::sleep_for(2s);  // a thousand greetings are work, but no slow clients
  const auto beside = upgrade() + upgrade();
  const auto cut_off = clients->returned();
  EXPECT_EQ(teal({"status", "shop"}).status, 0) << "operators get through";
  clients.reset();
  finish_load();
  std::cout << fmt::format(
      "  upgrades took {:.2f} s each alone, {:.2f} s beside 1000 hung clients: ratio {:.2f} ({} cut "
      "off)\n",
      alone / 2, beside / 2, beside / alone, cut_off);
  EXPECT_LT(beside, 2 * alone) << "each is handled by the loop that the upgrade runs on, but none holds it up";
}

TEST_F(SlowClients, FewDescriptorsAreToldAndTheUpgradeHasEnough) {
  shop_.workers = 0;
  auto few = settings(folder() + "/few");
  few.open_files = 300;
  replace_teald(few);
  EXPECT_NE(teald().log_tail(50).find("may open 300 files only, so the API takes 150 connections"), std::string::npos)
      << teald().log_tail(50);
  const HungClients clients{teald().port(), 400};
  ASSERT_TRUE(install(shop_));
  upgrade();
  EXPECT_GT(clients.returned(), 0u) << "they make room for each other";
  EXPECT_EQ(teal({"status", "shop"}).status, 0) << "operators get through";
}

}  // namespace
}  // namespace teal::test
