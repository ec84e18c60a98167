#include "controllers/reconcile/engine_turns.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using enum rollout::Turn;
using reconcile::EngineTurns;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time start{std::chrono::milliseconds{1'700'000'000'000}};

EngineTurns::Claims holds(rollout::Turn turn, int count = 1) { return {{turn, {count, false}}}; }
EngineTurns::Claims waits(rollout::Turn turn) { return {{turn, {0, true}}}; }

// One engine whose applications began a second after one another, and are asked in any order.
class Turns : public ::testing::Test {
 protected:
  rollout::TurnSeen seen(int application, rollout::Turn turn = Pull) {
    return turns.seen(name(application), began(application), now).at(turn);
  }
  std::vector<std::string> note(int application, const EngineTurns::Claims& claims) {
    return turns.note(name(application), began(application), claims, now);
  }
  static std::string name(int application) { return fmt::format("app-{}", application); }
  static Time began(int application) { return start + application * 1s; }

  Time now = start + 1h;
  EngineTurns turns{{.starts = 4, .pulls = 2, .migrations = 1}};
};

TEST_F(Turns, GoAtOnceWhileThereIsRoom) {
  EXPECT_EQ(seen(1), (rollout::TurnSeen{2, 0}));
  EXPECT_THAT(note(1, holds(Pull)), IsEmpty());
  EXPECT_EQ(seen(2), (rollout::TurnSeen{1, 1}));
  EXPECT_EQ(seen(2, Migrate), (rollout::TurnSeen{1, 0})) << "of another kind";
}

TEST_F(Turns, TheOldestGoesFirstWhoeverAsksFirst) {
  static_cast<void>(note(1, holds(Pull)));
  static_cast<void>(note(2, holds(Pull)));
  for (const int application : {9, 5, 7}) {
    EXPECT_LE(seen(application).room, 0);
    static_cast<void>(note(application, waits(Pull)));
  }
  EXPECT_EQ(seen(5).before, 2);
  EXPECT_EQ(seen(7).before, 3);
  EXPECT_EQ(seen(9).before, 4);
  EXPECT_THAT(note(2, {}), ElementsAre("app-5")) << "whose turn has come is to be told";
  EXPECT_EQ(seen(5).room, 1);
  EXPECT_LE(seen(7).room, 0);
  EXPECT_LE(seen(8).room, 0) << "nobody passes those that wait";
  EXPECT_EQ(seen(3).room, 1) << "an older one does";
}

TEST_F(Turns, AfterOneHasGoneTheNextIsToldWhileThereIsRoom) {
  static_cast<void>(note(1, holds(Pull)));
  static_cast<void>(note(2, holds(Pull)));
  for (const int application : {3, 4, 5}) static_cast<void>(note(application, waits(Pull)));
  static_cast<void>(turns.forget("app-1", now));
  EXPECT_THAT(turns.give_back("app-2", Pull, now), ElementsAre("app-3", "app-4"));
  EXPECT_THAT(note(3, holds(Pull)), ElementsAre("app-4"));
  EXPECT_THAT(note(4, holds(Pull)), IsEmpty());
  EXPECT_THAT(note(4, holds(Pull)), IsEmpty()) << "said again, it changes nothing";
}

TEST_F(Turns, WhoWaitsNoLongerOrIsGoneKeepsNobodyWaiting) {
  static_cast<void>(note(1, holds(Migrate)));
  static_cast<void>(note(2, waits(Migrate)));
  static_cast<void>(note(3, waits(Migrate)));
  static_cast<void>(note(2, {}));  // paused, or given up
  EXPECT_EQ(seen(3, Migrate).before, 1);
  EXPECT_THAT(turns.forget("app-1", now), ElementsAre("app-3"));
}

TEST_F(Turns, AnApplicationThatIsLookedAtNoLongerLosesItsPlace) {
  static_cast<void>(note(1, holds(Migrate)));
  static_cast<void>(note(2, waits(Migrate)));
  now += 20s;
  static_cast<void>(note(3, waits(Migrate)));
  EXPECT_EQ(seen(3, Migrate).before, 2);
  now += 20s;
  EXPECT_EQ(seen(3, Migrate).before, 1);
  EXPECT_THAT(note(1, {}), ElementsAre("app-3"));
}

TEST_F(Turns, WhatIsUnderWayUnaskedCountsAndIsNotHeldUp) {
  static_cast<void>(note(1, holds(Start, 3)));
  static_cast<void>(note(2, holds(Start, 6)));  // all of its replicas have died
  EXPECT_LE(seen(3, Start).room, 0);
  EXPECT_EQ(seen(3, Start).before, 9);
  EXPECT_EQ(seen(2, Start).room, 6) << "nobody takes it away";
  static_cast<void>(turns.give_back("app-2", Start, now));
  EXPECT_EQ(seen(3, Start).room, 1);
}

// An application waits again with what it has not begun yet, and the old ones are not passed by new ones meanwhile.
TEST_F(Turns, OneBumpBesideAThousandHasItsTurnOnceTheOlderOnesHaveHadTheirs) {
  constexpr int many = 1000;
  for (int application = 0; application <= many; ++application) static_cast<void>(note(application, waits(Pull)));
  std::vector<int> order;
  for (int round = 0; round < many && order.size() <= many; ++round) {
    std::vector<int> under_way;
    for (int application = many + round; application >= 0; --application) {  // the newest asks first, and more come
      if (std::ranges::find(order, application) != order.end()) continue;
      if (seen(application).room <= 0) {
        static_cast<void>(note(application, waits(Pull)));
        continue;
      }
      static_cast<void>(note(application, holds(Pull)));
      under_way.push_back(application);
      order.push_back(application);
    }
    ASSERT_LE(under_way.size(), 2u);
    for (const int application : under_way) static_cast<void>(note(application, {}));
    if (round > 20) break;  // the rest goes on like this
  }
  EXPECT_TRUE(std::ranges::is_sorted(order, {}, [](int one) { return one / 2; })) << "two at a time, oldest first";
  EXPECT_THAT(order, Contains(40));
}

// A new teald has nothing but what each application's first pass finds.
TEST_F(Turns, ANewOneIsFilledByWhatIsFound) {
  static_cast<void>(note(5, holds(Migrate)));  // runs already
  EXPECT_LE(seen(1, Migrate).room, 0) << "though it is older";
  static_cast<void>(note(1, waits(Migrate)));
  EXPECT_THAT(note(5, {}), ElementsAre("app-1"));
}

TEST_F(Turns, ANewerRolloutOfTheSameApplicationQueuesAnew) {
  static_cast<void>(note(9, holds(Migrate)));
  static_cast<void>(note(1, waits(Migrate)));
  static_cast<void>(note(2, waits(Migrate)));
  static_cast<void>(turns.note("app-1", began(50), waits(Migrate), now));
  EXPECT_EQ(seen(2, Migrate).before, 1);
  EXPECT_THAT(note(9, {}), ElementsAre("app-2"));
}

}  // namespace
}  // namespace teal::test
