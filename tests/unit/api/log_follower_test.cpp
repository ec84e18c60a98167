#include "daemon/api/log_follower.hpp"

#include <gtest/gtest.h>

namespace teal::api {
namespace {

TEST(LogFollower, GivesEachWholeLineOnce) {
  LogFollower follower;
  EXPECT_EQ(follower.take("one\ntwo", false), "one\n");
  EXPECT_EQ(follower.take("one\ntwo", false), "");
  EXPECT_EQ(follower.take("one\ntwo\nthree\nfo", false), "two\nthree\n");
  EXPECT_EQ(follower.take("one\ntwo\nthree\nfour", true), "four");
  EXPECT_EQ(follower.take("one\ntwo\nthree\nfour", true), "");
}

TEST(LogFollower, ALineThatIsNotWholeIsHeldBack) {
  LogFollower follower;
  EXPECT_EQ(follower.take("password=hunt", false), "") << "it would be masked only once it is whole";
  EXPECT_EQ(follower.take("password=***\n", false), "password=***\n");
}


TEST(LogFollower, RecognisesTheEndOfWhatItGaveInALogThatWasCut) {
  LogFollower follower;
  std::string log;
  for (int i = 0; i < 1000; ++i) log += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(follower.take(log, false), log);
  const auto cut = "(the beginning is not kept)\n" + log.substr(2000) + "line 1000\n";
  EXPECT_EQ(follower.take(cut, false), "line 1000\n");
}

TEST(LogFollower, SaysWhenItCouldNotKeepUp) {
  LogFollower follower;
  std::string log(5000, 'a');
  EXPECT_EQ(follower.take(log + "\n", false), log + "\n");
  const auto news = follower.take("quite another text\n", false);
  EXPECT_TRUE(news.starts_with("(some lines were written too fast")) << news;
  EXPECT_TRUE(news.ends_with("quite another text\n"));
}

}  // namespace
}  // namespace teal::api
