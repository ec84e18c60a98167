#include "daemon/api/log_follower.hpp"

#include <gtest/gtest.h>

namespace teal::api {
namespace {

TEST(LogFollower, GivesEachWholeLineOnce) {
  LogFollower follower;
  EXPECT_EQ(follower.take("one\ntwo", false).text, "one\n");
  EXPECT_EQ(follower.take("one\ntwo", false).text, "");
  EXPECT_EQ(follower.take("one\ntwo\nthree\nfo", false).text, "two\nthree\n");
  EXPECT_EQ(follower.take("one\ntwo\nthree\nfour", true).text, "four");
  EXPECT_EQ(follower.take("one\ntwo\nthree\nfour", true).text, "");
}

TEST(LogFollower, ALineThatIsNotWholeIsHeldBack) {
  LogFollower follower;
  EXPECT_EQ(follower.take("password=hunt", false).text, "") << "it would be masked only once it is whole";
  EXPECT_EQ(follower.take("password=***\n", false).text, "password=***\n");
}

TEST(LogFollower, RecognisesTheEndOfWhatItGaveInALogThatWasCut) {
  LogFollower follower;
  std::string log;
  for (int i = 0; i < 1000; ++i) log += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(follower.take(log, false).text, log);
  const auto cut = "(the beginning is not kept)\n" + log.substr(2000) + "line 1000\n";
  EXPECT_EQ(follower.take(cut, false).text, "line 1000\n");
}

TEST(LogFollower, SaysWhenItCouldNotKeepUp) {
  LogFollower follower;
  std::string log(5000, 'a');
  EXPECT_EQ(follower.take(log + "\n", false).text, log + "\n");
  const auto news = follower.take("quite another text\n", false);
  EXPECT_TRUE(news.is_after_gap);
  EXPECT_EQ(news.text, "quite another text\n");
}

}  // namespace
}  // namespace teal::api
