// Reasons are words that programs outside rely on: they keep their spelling, and one from elsewhere is not lost.
#include "manifests/spec/reason.hpp"

#include <gmock/gmock.h>

#include <cctype>
#include <set>

#include "manifests/api/application.hpp"
#include "manifests/spec/phase.hpp"
#include "manifests/wire/decode.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::test {
namespace {

TEST(Reasons, AreCalledAsTheyAreWritten) {
  EXPECT_EQ(to_string(spec::Reason::HealthCheckFailed), "HealthCheckFailed");
  EXPECT_EQ(to_string(spec::Reason::Unreachable), "Unreachable");  // the last of the list
  EXPECT_EQ(to_string(spec::Reason::Pending), "Pending");          // the first
  EXPECT_EQ(to_string(spec::Reason{}), "");
  EXPECT_TRUE(spec::Reason{}.empty());
}

TEST(Reasons, AreKnownByTheirNames) {
  std::set<std::string_view> names;
  for (int word = spec::Reason::Pending; word <= spec::Reason::Unreachable; ++word) {
    const spec::Reason reason{static_cast<spec::Reason::Word>(word)};
    EXPECT_EQ(spec::Reason::named(reason.text()), reason);
    EXPECT_TRUE(std::isupper(static_cast<unsigned char>(reason.text().front())) != 0) << reason;
    EXPECT_TRUE(names.insert(reason.text()).second) << reason << " stands there twice";
  }
  EXPECT_EQ(spec::Reason::named(""), spec::Reason{});
}

TEST(Reasons, EachPhaseIsOne) {
  for (const auto& phase : names_of(spec::Phase{}))
    EXPECT_NE(spec::Reason::named(phase.text).word(), spec::Reason::Unlisted) << phase.text;
}

TEST(Reasons, OneFromElsewhereIsKeptAsItStands) {
  const auto reason = spec::Reason::named("TurnedToStone");
  EXPECT_EQ(reason.word(), spec::Reason::Unlisted);
  EXPECT_EQ(to_string(reason), "TurnedToStone");
  EXPECT_EQ(reason, spec::Reason::named("TurnedToStone"));
  EXPECT_NE(reason, spec::Reason::named("TurnedToSalt"));
  EXPECT_FALSE(reason.empty());
}

TEST(Reasons, TravelInAStatusWhateverTheyAre) {
  objects::ApplicationStatus status;
  for (const auto* word : {"AllReplicasReady", "TurnedToStone", ""}) {
    objects::Condition condition;
    condition.type = "Ready";
    condition.reason = spec::Reason::named(word);
    status.conditions = {condition};
    const auto json = wire::encode(status);
    EXPECT_EQ(json.at("conditions").at(0).at("reason").as_string(), word);
    const auto read = wire::taken<objects::ApplicationStatus>(json);
    ASSERT_EQ(read.conditions.size(), 1U);
    EXPECT_EQ(read.conditions[0].reason, condition.reason);
  }
}

}  // namespace
}  // namespace teal::test
