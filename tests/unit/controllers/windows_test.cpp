// Maintenance windows: days, zones, midnight, and clocks that are put forward and back.
#include <gmock/gmock.h>

#include "controllers/rollout/policy.hpp"
#include "manifests/foundation/parse_time.hpp"

namespace teal::test {
namespace {

Time at(const std::string& text) { return *parse_time(text); }

spec::Window window(std::vector<spec::Weekday> days, int from, int to, const std::string& zone = "UTC") {
  spec::Window made;
  made.days = std::move(days);
  made.from_minute = from;
  made.to_minute = to;
  made.timezone = zone;
  return made;
}

void expect_open(const std::vector<spec::Window>& windows, const std::string& now) {
  EXPECT_TRUE(rollout::window_of(windows, at(now)).open) << now;
}

void expect_opens(const std::vector<spec::Window>& windows, const std::string& now, const std::string& at_time) {
  const auto state = rollout::window_of(windows, at(now));
  EXPECT_FALSE(state.open) << now;
  EXPECT_EQ(format_time(state.opens_at), format_time(at(at_time))) << now;
}

TEST(Windows, NoneMeansAlways) { expect_open({}, "2026-11-22T12:00:00Z"); }

TEST(Windows, OpeningIsSaidInTheWindowsOwnZoneToo) {
  const auto state =
      rollout::window_of({window({}, 120, 300, "Europe/Berlin"), window({}, 300, 360)}, at("2026-11-22T12:00:00Z"));
  EXPECT_EQ(rollout::opening_text(state), "2026-11-23T01:00:00.000Z (02:00 on Monday in Europe/Berlin)");
  EXPECT_EQ(rollout::opening_text(rollout::window_of({window({}, 60, 300)}, at("2026-11-22T12:00:00Z"))),
            "2026-11-23T01:00:00.000Z");
}

TEST(Windows, InAZoneThatTheSystemHasLostStayShutAndSaySo) {
  const auto lost = window({}, 0, 1439, "Europe/Atlantis");
  const auto state = rollout::window_of({lost}, at("2026-11-22T12:00:00Z"));
  EXPECT_FALSE(state.open);
  EXPECT_EQ(state.opens_at, Time::max());
  EXPECT_THAT(state.problem, testing::HasSubstr("no time zone Europe/Atlantis any more"));
  EXPECT_THAT(rollout::opening_text(state), testing::HasSubstr(state.problem));
  // Another one is as good as ever.
  expect_open({lost, window({}, 60, 300)}, "2026-11-22T01:00:00Z");
  const auto next = rollout::window_of({lost, window({}, 60, 300)}, at("2026-11-22T12:00:00Z"));
  EXPECT_EQ(format_time(next.opens_at), "2026-11-23T01:00:00.000Z");
  EXPECT_THAT(rollout::opening_text(next), testing::HasSubstr("Europe/Atlantis"));
}

TEST(Windows, OpensAndShutsOnTheMinute) {
  const std::vector<spec::Window> night{window({}, 60, 300)};  // 01:00–05:00
  expect_opens(night, "2026-11-22T00:59:59Z", "2026-11-22T01:00:00Z");
  expect_open(night, "2026-11-22T01:00:00Z");
  expect_open(night, "2026-11-22T04:59:59Z");
  expect_opens(night, "2026-11-22T05:00:00Z", "2026-11-23T01:00:00Z");
}

TEST(Windows, OnlyOnItsDays) {
  const std::vector<spec::Window> weekdays{window({spec::Weekday::Mon, spec::Weekday::Thu}, 60, 300)};
  expect_opens(weekdays, "2026-11-22T02:00:00Z", "2026-11-23T01:00:00Z");  // a Sunday
  expect_open(weekdays, "2026-11-23T02:00:00Z");
  expect_opens(weekdays, "2026-11-23T06:00:00Z", "2026-11-26T01:00:00Z");
  expect_opens(weekdays, "2026-11-26T05:00:00Z", "2026-11-30T01:00:00Z");
}

TEST(Windows, OverMidnightBelongsToTheDayItBeginsOn) {
  const std::vector<spec::Window> friday{window({spec::Weekday::Fri}, 22 * 60, 2 * 60)};
  expect_opens(friday, "2026-11-27T21:59:00Z", "2026-11-27T22:00:00Z");
  expect_open(friday, "2026-11-27T23:00:00Z");
  expect_open(friday, "2026-11-28T01:59:00Z");
  expect_opens(friday, "2026-11-28T02:00:00Z", "2026-12-04T22:00:00Z");
}

TEST(Windows, TheFirstOfSeveralCounts) {
  const std::vector<spec::Window> two{window({spec::Weekday::Sat}, 0, 60), window({spec::Weekday::Wed}, 600, 660)};
  expect_opens(two, "2026-11-22T12:00:00Z", "2026-11-25T10:00:00Z");
  expect_open(two, "2026-11-25T10:30:00Z");
  expect_open(two, "2026-11-28T00:30:00Z");
}

TEST(Windows, AreInTheirOwnZone) {
  const std::vector<spec::Window> tokyo{window({spec::Weekday::Mon}, 60, 300, "Asia/Tokyo")};
  expect_open(tokyo, "2026-11-22T16:30:00Z");  // Monday 01:30 there
  expect_opens(tokyo, "2026-11-22T15:00:00Z", "2026-11-22T16:00:00Z");
}

TEST(Windows, ClockPutForward) {
  // Berlin skips 02:00–03:00 on 2026-03-29.
  const std::vector<spec::Window> skipped{window({}, 150, 240, "Europe/Berlin")};  // 02:30–04:00
  expect_opens(skipped, "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z");
  expect_open(skipped, "2026-03-29T01:30:00Z");
  expect_opens(skipped, "2026-03-29T02:00:00Z", "2026-03-30T00:30:00Z");
}

TEST(Windows, ClockPutBack) {
  // Berlin has 02:00–03:00 twice on 2026-10-25; the first counts.
  const std::vector<spec::Window> twice{window({}, 150, 240, "Europe/Berlin")};
  expect_opens(twice, "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z");
  expect_open(twice, "2026-10-25T00:30:00Z");
  expect_open(twice, "2026-10-25T01:15:00Z");
  expect_opens(twice, "2026-10-25T03:00:00Z", "2026-10-26T01:30:00Z");
}

TEST(Windows, AWholeDay) {
  const std::vector<spec::Window> sunday{window({spec::Weekday::Sun}, 0, 0)};
  expect_open(sunday, "2026-11-22T23:59:00Z");
  expect_opens(sunday, "2026-11-23T00:00:00Z", "2026-11-29T00:00:00Z");
}

}  // namespace
}  // namespace teal::test
