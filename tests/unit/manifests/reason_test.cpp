// Reasons are words that programs outside rely on: they keep their spelling, and one from elsewhere is not lost.
#include "manifests/reason.hpp"

#include <gmock/gmock.h>

#include <cctype>
#include <set>

#include "manifests/phase.hpp"
#include "manifests/status.hpp"
#include "manifests/wire/status_json.hpp"

namespace teal {
namespace {

TEST(Reasons, AreCalledAsTheyAreWritten) {
  EXPECT_EQ(to_string(Reason::HealthCheckFailed), "HealthCheckFailed");
  EXPECT_EQ(to_string(Reason::Unreachable), "Unreachable");  // the last of the list
  EXPECT_EQ(to_string(Reason::Pending), "Pending");          // the first
  EXPECT_EQ(to_string(Reason{}), "");
  EXPECT_TRUE(Reason{}.empty());
}

TEST(Reasons, AreKnownByTheirNames) {
  std::set<std::string_view> names;
  for (int word = Reason::Pending; word <= Reason::Unreachable; ++word) {
    const Reason reason{static_cast<Reason::Word>(word)};
    EXPECT_EQ(Reason::named(reason.text()), reason);
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(reason.text().front())) != 0) << reason;
    EXPECT_TRUE(names.insert(reason.text()).second) << reason << " stands there twice";
  }
  EXPECT_EQ(Reason::named(""), Reason{});
}

TEST(Reasons, EachPhaseIsOne) {
  for (const auto& phase : names_of(Phase{}))
    EXPECT_NE(Reason::named(phase.text).word(), Reason::Unlisted) << phase.text;
}

TEST(Reasons, OneFromElsewhereIsKeptAsItStands) {
  const auto reason = Reason::named("TurnedToStone");
  EXPECT_EQ(reason.word(), Reason::Unlisted);
  EXPECT_EQ(to_string(reason), "TurnedToStone");
  EXPECT_EQ(reason, Reason::named("TurnedToStone"));
  EXPECT_NE(reason, Reason::named("TurnedToSalt"));
  EXPECT_FALSE(reason.empty());
}

TEST(Reasons, TravelInAStatusWhateverTheyAre) {
  ApplicationStatus status;
  for (const auto* word : {"AllReplicasReady", "TurnedToStone", ""}) {
    Condition condition;
    condition.type = "Ready";
    condition.reason = Reason::named(word);
    status.conditions = {condition};
    const auto json = to_json(status);
    EXPECT_EQ(json.at("conditions").at(0).at("reason").as_string(), word);
    ApplicationStatus read;
    read_status(json, read);
    ASSERT_EQ(read.conditions.size(), 1U);
    EXPECT_EQ(read.conditions[0].reason, condition.reason);
  }
}

}  // namespace
}  // namespace teal
