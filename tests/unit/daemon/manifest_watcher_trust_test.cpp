// Manifests are root: what others could have changed is not followed. And a name may be any bytes.
#include <sys/stat.h>

#include "tests/unit/daemon/manifest_watcher_fixture.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ManifestWatcherTest, AFileThatOthersMayWriteIsAProblemAtOnceAndUntilItIsMended) {
  write("a.yaml", "one");
  start_with_first();
  EXPECT_EQ(last("a.yaml").text, "one");
  ASSERT_EQ(::chmod((folder_ / "a.yaml").c_str(), 0666), 0);
  ASSERT_TRUE(until([&] { return !last("a.yaml").problem.empty(); }, 1s));
  EXPECT_THAT(last("a.yaml").problem, AllOf(HasSubstr("mode 0666"), HasSubstr("chmod o-w " + folder_.string())));
  EXPECT_THAT(last("a.yaml").text, IsEmpty());
  EXPECT_TRUE(last("a.yaml").exists) << "its application is not orphaned";
  ASSERT_EQ(::chmod((folder_ / "a.yaml").c_str(), 0644), 0);
  EXPECT_TRUE(told("a.yaml", "one"));
}

TEST_F(ManifestWatcherTest, AFolderThatOthersMayWriteIsNotReadAndNothingInItCountsAsGone) {
  write("a.yaml", "one");
  start_with_first();
  ASSERT_EQ(::chmod(folder_.c_str(), 0777), 0);
  ASSERT_TRUE(until([&] { return !seen_->problems.empty(); }, 2s)) << "announced, not found by chance";
  EXPECT_THAT(seen_->problems[0], AllOf(HasSubstr("mode 0777: others can write it; chmod o-w " + folder_.string()),
                                        HasSubstr("the 1 manifests that were there stay in force")));
  write("evil.yaml", "evil");
  fs::remove(folder_ / "a.yaml");
  run_for(700ms);
  EXPECT_THAT(seen_->calls, SizeIs(1));
  EXPECT_THAT(seen_->problems, SizeIs(1));
  write("a.yaml", "two");
  fs::remove(folder_ / "evil.yaml");
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  EXPECT_TRUE(told("a.yaml", "two"));
  EXPECT_FALSE(last("evil.yaml").exists);
  EXPECT_THAT(seen_->problems, ElementsAre(testing::_, "")) << "that it is over is said as well";
}

TEST_F(ManifestWatcherTest, AFolderThatIsRefusedFromTheStartTellsNothingUntilItIsMended) {
  write("a.yaml", "one");
  ASSERT_EQ(::chmod(folder_.c_str(), 01777), 0);
  start();
  ASSERT_TRUE(until([&] { return !seen_->problems.empty(); }));
  EXPECT_THAT(seen_->problems[0], HasSubstr("mode 1777: others can write it"));
  EXPECT_THAT(seen_->calls, IsEmpty());
  ASSERT_EQ(::chmod(folder_.c_str(), 0755), 0);
  EXPECT_TRUE(told("a.yaml", "one"));
}

TEST_F(ManifestWatcherTest, ASwapIntoAFolderThatOthersMayWriteIsRefusedAndOneBackIsFollowed) {
  for (const auto* name : {"..1", "..2", "..3"}) {
    fs::create_directory(folder_ / name);
    std::ofstream{folder_ / name / "a.yaml"} << name;
  }
  ASSERT_EQ(::chmod((folder_ / "..2").c_str(), 0777), 0);
  const auto swap_to = [&](const char* name) {
    fs::create_directory_symlink(name, folder_ / "..new");
    fs::rename(folder_ / "..new", folder_ / "..data");
  };
  swap_to("..1");
  fs::create_symlink("..data/a.yaml", folder_ / "a.yaml");
  start_with_first();
  EXPECT_EQ(last("a.yaml").text, "..1");
  swap_to("..2");
  ASSERT_TRUE(until([&] { return !last("a.yaml").problem.empty(); }));
  EXPECT_THAT(last("a.yaml").problem, HasSubstr("is reached through the folder " + (folder_ / "..2").string()));
  swap_to("..3");
  EXPECT_TRUE(told("a.yaml", "..3"));
  EXPECT_FALSE(ever_gone());
}

TEST_F(ManifestWatcherTest, NamesOfAnyBytesAreToldPrintableAndStayApart) {
  const std::string byte = "a\xff.yaml";
  const std::string spelled = "a\\xff.yaml";
  write(byte, "byte");
  write(spelled, "spelled");
  write("line\nbreak.yaml", "line");
  start_with_first();
  EXPECT_EQ(last("a\\xff.yaml").text, "byte");
  EXPECT_EQ(last("a\\\\xff.yaml").text, "spelled");
  EXPECT_EQ(last("line\\x0abreak.yaml").text, "line");
  write(byte, "changed");
  EXPECT_TRUE(told("a\\xff.yaml", "changed")) << "the real name is used to read it";
  write("later\x1b[31m.yaml", "later");
  EXPECT_TRUE(told("later\\x1b[31m.yaml", "later"));
  fs::remove(folder_ / byte);
  EXPECT_TRUE(until([&] { return !last("a\\xff.yaml").exists; }));
  EXPECT_TRUE(last("a\\\\xff.yaml").exists);
}

}  // namespace
}  // namespace teal::test
