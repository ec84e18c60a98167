#include "manifests/foundation/parse_time.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace teal::test {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsGoStyleText) {
  const std::vector<std::pair<std::string, Duration>> cases{
      {"0", 0ms},       {"0s", 0ms},    {"500ms", 500ms},   {"2s", 2s},      {"15m", 15min},
      {"1h30m", 90min}, {"620s", 620s}, {"1.5s", 1500ms},   {".5s", 500ms},  {"1h1m1s1ms", 3661001ms},
      {"1000us", 1ms},  {"720h", 720h}, {"1000000ns", 1ms}, {"0.25h", 15min}};
  for (const auto& [text, expected] : cases) {
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.has_value()) << text << ": " << parsed.error().message;
    EXPECT_EQ(*parsed, expected) << text;
  }
}

TEST(Duration, RefusesEverythingElseAndNamesIt) {
  for (const std::string text : {"",
                                 "5",
                                 "s",
                                 "-5s",
                                 "+5s",
                                 "5 s",
                                 " 5s",
                                 "5s ",
                                 "5d",
                                 "1..5s",
                                 ".",
                                 "1.2.3s",
                                 "5sec",
                                 "0x5s",
                                 "1us",
                                 "1.5ms",
                                 "99999999999999999999s",
                                 "999999999999999h",
                                 "5S",
                                 "1e3s",
                                 "s5"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    EXPECT_NE(parsed.error().message.find("\"" + text + "\""), std::string::npos) << parsed.error().message;
  }
}

TEST(Duration, WritesTheShortestText) {
  const std::vector<std::pair<Duration, std::string>> cases{
      {0ms, "0s"},    {1ms, "1ms"},       {999ms, "999ms"}, {1500ms, "1.5s"},          {90s, "1m30s"},
      {60s, "1m"},    {3600s, "1h"},      {620s, "10m20s"}, {3661001ms, "1h1m1.001s"}, {-90s, "-1m30s"},
      {-5ms, "-5ms"}, {60500ms, "1m0.5s"}};
  for (const auto& [duration, expected] : cases) EXPECT_EQ(format_duration(duration), expected);
}

TEST(Duration, SurvivesWritingAndReading) {
  for (std::int64_t count = 0; count < 100'000'000; count = count * 3 + 7) {
    const auto text = format_duration(Duration{count});
    const auto parsed = parse_duration(text);
    ASSERT_TRUE(parsed.has_value()) << text;
    EXPECT_EQ(parsed->count(), count) << text;
  }
}

TEST(Time, WritesUtcWithMilliseconds) {
  EXPECT_EQ(format_time(Time{}), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(Time{1795368799042ms}), "2026-11-22T17:33:19.042Z");
  EXPECT_EQ(format_time(Time{-1ms}), "1969-12-31T23:59:59.999Z");
}

TEST(Time, ReadsAnyRfc3339) {
  const Time expected{1795368799042ms};
  for (const std::string text :
       {"2026-11-22T17:33:19.042Z", "2026-11-22t17:33:19.042z", "2026-11-22T17:33:19.0429999Z",
        "2026-11-22T18:33:19.042+01:00", "2026-11-22T12:03:19.042-05:30", "2026-11-22 17:33:19.042Z"}) {
    const auto parsed = parse_time(text);
    ASSERT_TRUE(parsed.has_value()) << text << ": " << parsed.error().message;
    EXPECT_EQ(*parsed, expected) << text;
  }
  EXPECT_EQ(parse_time("2026-11-22T17:33:19.5Z")->time_since_epoch() % 1s, 500ms);
  EXPECT_EQ(format_time(*parse_time("2016-12-31T23:59:60Z")), "2017-01-01T00:00:00.000Z");
}

TEST(Time, ReadsHttpDates) {
  EXPECT_EQ(parse_http_time("Tue, 14 Nov 2023 22:14:00 GMT"), parse_time("2023-11-14T22:14:00Z").value());
  for (const auto* other : {"", "Tue, 14 Nov 2023 22:14:00", "14 Nov 2023 22:14:00 GMT", "2023-11-14T22:14:00Z"}) {
    EXPECT_FALSE(parse_http_time(other)) << other;
  }
}

TEST(Time, RefusesEverythingElse) {
  for (const std::string text :
       {"", "2026", "2026-11-22", "2026-11-22T17:33:19", "2026-13-22T17:33:19Z", "2026-02-30T17:33:19Z",
        "2026-11-22T24:00:00Z", "2026-11-22T17:60:00Z", "2026-11-22T17:33:61Z", "2026-11-22T17:33:19.Z",
        "2026-11-22T17:33:19Zx", "2026-11-22T17:33:19+25:00", "2026-1-2T17:33:19Z", "nonsense"}) {
    const auto parsed = parse_time(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
  }
}

}  // namespace
}  // namespace teal::test
