// Do probes reach the backend that they are to verify, although users send it requests as well?
#include "daemon/health_monitor_witness.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/daemon/health_monitor_fixture.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

// Five probes a second of 2 ms each, beside users who ask `rate` times a second.
class Witnessed : public testing::Test {
 protected:
  void probe(int times, bool reaches, double rate) {
    for (int i = 0; i < times; ++i) {
      count_ += asked_in(0.198, rate);
      const auto before = count_;
      const auto begun = now_ + 198ms;
      count_ += asked_in(0.002, rate) + (reaches ? 1U : 0U);
      now_ = begun + 2ms;
      witness_.note(before, begun, count_, now_);
      strays_ += witness_.view().is_stray ? 1 : 0;
    }
  }
  std::uint64_t asked_in(double seconds, double rate) {
    if (rate <= 0) return 0;
    return std::poisson_distribution<std::uint64_t>{seconds * rate}(random_);
  }

  std::mt19937 random_{20261130};
  std::uint64_t count_ = 1000;
  daemon::ProbeWitness::Moment now_{};
  daemon::ProbeWitness witness_;
  int strays_ = 0;
};

TEST_F(Witnessed, WithoutUsersAFewProbesAreEnough) {
  probe(3, true, 0);
  EXPECT_EQ(strays_, 0);
  EXPECT_LT(witness_.view().doubt, 0.001);
}

TEST_F(Witnessed, OneThatReachesNobodyIsFoundAtOnceWithoutUsers) {
  probe(1, false, 0);
  EXPECT_TRUE(witness_.view().is_stray);
}

TEST_F(Witnessed, StrayProbesAreFoundBesideThreeHundredRequestsASecond) {
  probe(50, false, 300);
  EXPECT_GT(strays_, 10);
  EXPECT_GT(witness_.view().doubt, 0.001) << "what was shown before a stray one does not count";
}

TEST_F(Witnessed, ProbesThatArriveAreBelievedBesideThreeHundredRequestsASecond) {
  probe(30, true, 300);
  EXPECT_EQ(strays_, 0);
  EXPECT_LT(witness_.view().doubt, 0.001);
}

TEST_F(Witnessed, WhereUsersNeverPauseNothingIsShown) {
  probe(200, true, 20000);
  EXPECT_EQ(strays_, 0);
  EXPECT_GT(witness_.view().doubt, 0.001);
  EXPECT_EQ(witness_.view().probes, 200) << "it is known how many were tried";
}

TEST_F(Witnessed, AWayThatIsMendedIsBelievedAgain) {
  probe(20, false, 0);
  probe(4, true, 0);
  EXPECT_FALSE(witness_.view().is_stray);
  EXPECT_LT(witness_.view().doubt, 0.001);
}

TEST_F(Witnessed, CountersThatBeganAnewOrAreNotReadableShowNothing) {
  witness_.note(50, now_, 3, now_ + 2ms);
  EXPECT_FALSE(witness_.view().is_stray) << "HAProxy was reloaded";
  witness_.note(std::nullopt, now_ + 10ms, 3, now_ + 12ms);
  witness_.note(3, now_ + 20ms, std::nullopt, now_ + 22ms);
  EXPECT_FALSE(witness_.view().is_stray);
  EXPECT_EQ(witness_.view().doubt, 1);
}

class WitnessedProbes : public HealthMonitorTest {
 protected:
  void watch(const HealthServer& server, bool reaches) {
    const auto given = [this, &server, reaches](const std::string& load_balancer, const std::string& backend) {
      EXPECT_EQ(load_balancer + "/" + backend, "edge/shop_api");
      return counted(server, reaches);
    };
    monitor_ = daemon::make_health_monitor(loop_.get_executor(), nullptr, [](const std::string&) {}, nullptr, given);
    auto target = traffic(server);
    target.backend = "shop_api";
    target.per_second = 100;
    monitor_->watch_traffic("shop", {target});
  }
  boost::asio::awaitable<std::optional<std::uint64_t>> counted(const HealthServer& server, bool reaches) {
    if (!is_counted_) co_return std::nullopt;
    co_return reaches ? server.requests().size() : 7;
  }
  // What is known after so many probes.
  std::map<std::string, world::Witness> after(const HealthServer& server, std::size_t probes) {
    EXPECT_TRUE(until([&] { return server.requests().size() > probes; }));
    return monitor_->take_traffic("shop").witnessed;
  }

  bool is_counted_ = true;
};

TEST_F(WitnessedProbes, AreComparedWithWhatTheServersWereGiven) {
  HealthServer server{loop_};
  watch(server, true);
  const auto witnessed = after(server, 10);
  ASSERT_TRUE(witnessed.contains("api"));
  EXPECT_FALSE(witnessed.at("api").is_stray);
  EXPECT_LT(witnessed.at("api").doubt, 1);
}

TEST_F(WitnessedProbes, AreStrayWhereAnotherAnswers) {
  HealthServer server{loop_};
  watch(server, false);
  const auto witnessed = after(server, 2);
  ASSERT_TRUE(witnessed.contains("api"));
  EXPECT_TRUE(witnessed.at("api").is_stray);
}

TEST_F(WitnessedProbes, AreNotJudgedWhereNobodyCounts) {
  is_counted_ = false;
  HealthServer server{loop_};
  watch(server, false);
  EXPECT_TRUE(after(server, 3).empty());
}

}  // namespace
}  // namespace teal::test
