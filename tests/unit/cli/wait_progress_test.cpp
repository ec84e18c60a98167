// What `teal wait` prints while it waits, second by second.
#include "cli/wait_progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace teal::cli {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const WaitProgress::Clock::time_point start{seconds{1000}};

int lines_in(const std::string& text) { return int(std::ranges::count(text, '\n')); }

TEST(WaitProgress, PrintsWhatIsNewAtOnceAndWhatIsTheSameOnce) {
  WaitProgress progress{{}, false, start};
  EXPECT_EQ(progress.say("shop-7 Starting: api", start), "shop-7 Starting: api\n");
  EXPECT_EQ(progress.say("shop-7 Starting: api", start + seconds{1}), "");
  EXPECT_EQ(progress.say("shop-7 Verifying: api", start + seconds{2}), "shop-7 Verifying: api\n") << "a phase";
  EXPECT_EQ(progress.say("shop-7 Verifying: web", start + seconds{3}), "shop-7 Verifying: web\n") << "a message";
  EXPECT_EQ(progress.last(), "shop-7 Verifying: web");
}

TEST(WaitProgress, AMessageThatCountsSecondsIsNoLineASecond) {
  WaitProgress progress{{}, false, start};
  std::string all;
  for (int i = 0; i < 600; ++i) {
    all += progress.say("shop-7 Migrating: job default runs for " + std::to_string(i / 5) + "s",
                        start + std::chrono::milliseconds{200} * i);
  }
  EXPECT_LE(lines_in(all), 13) << all;
  EXPECT_GE(lines_in(all), 10) << "it goes on";
  EXPECT_THAT(all, HasSubstr("runs for 110s")) << "with the newest number";
  EXPECT_EQ(progress.last(), "shop-7 Migrating: job default runs for 119s");
}

TEST(WaitProgress, GivesASignOfLifeEveryThirtySecondsAtLeast) {
  WaitProgress progress{{}, false, start};
  auto written = start;
  seconds longest{0};
  std::string all;
  for (int i = 0; i <= 300; ++i) {
    const auto text = progress.say("shop-7 Starting: the same", start + seconds{i});
    if (text.empty()) continue;
    longest = std::max(longest, std::chrono::duration_cast<seconds>(start + seconds{i} - written));
    written = start + seconds{i};
    all += text;
  }
  EXPECT_LE(longest, seconds{30});
  EXPECT_LE(lines_in(all), 16);
  EXPECT_THAT(all, HasSubstr("the same (still, after 1m"));
}

TEST(WaitProgress, OnATerminalTheNewestStandsInOneLineAndNewsStay) {
  WaitProgress progress{{.terminal = true, .width = 40}, true, start};
  EXPECT_EQ(progress.say("shop-7 Starting: 1 of 2", start), "\r\x1b[Kshop-7 Starting: 1 of 2 (0s)");
  EXPECT_EQ(progress.say("shop-7 Starting: 1 of 2", start + seconds{1}), "\r\x1b[Kshop-7 Starting: 1 of 2 (1s)");
  EXPECT_EQ(progress.say("shop-7 Starting: 1 of 2", start + std::chrono::milliseconds{1200}), "");
  EXPECT_EQ(progress.say("shop-7 Starting: 2 of 2", start + std::chrono::milliseconds{1400}),
            "\r\x1b[Kshop-7 Starting: 2 of 2 (1s)");
  const auto news = progress.say("shop-7 Verifying: " + std::string(100, 'x'), start + seconds{3});
  EXPECT_THAT(news, StartsWith("\n\r\x1b[Kshop-7 Verifying: ")) << "the line before it stays";
  EXPECT_LT(columns_of(news.substr(5)), 40U) << "one that wraps could not be painted over";
  EXPECT_EQ(progress.end(), "\n");
  EXPECT_EQ(progress.end(), "");
}

TEST(WaitProgress, NeutralisesWhatTealdSays) {
  WaitProgress plain{{}, false, start};
  EXPECT_THAT(plain.say("a\x1b[2J\nb", start), Not(HasSubstr("\x1b")));
  EXPECT_EQ(lines_in(plain.say("c\nd", start)), 1);
  WaitProgress live{{.terminal = true, .width = 40}, true, start};
  EXPECT_THAT(live.say("a\x1b[2J", start), Not(HasSubstr("\x1b[2J")));
}

}  // namespace
}  // namespace teal::cli
