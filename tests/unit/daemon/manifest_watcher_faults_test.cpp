#include <sys/stat.h>

#include "tests/unit/daemon/manifest_watcher_fixture.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ManifestWatcherTest, HostileFilesAreProblemsOfTheirOwn) {
  ASSERT_EQ(::mkfifo((folder_ / "fifo.yaml").c_str(), 0600), 0);
  fs::create_directory(folder_ / "folder.yaml");
  fs::create_symlink("loop.yaml", folder_ / "loop.yaml");
  fs::create_symlink("/dev/zero", folder_ / "zero.yaml");
  fs::create_symlink("nowhere", folder_ / "dangling.yaml");
  write("huge.yaml", std::string(3 << 20, 'x'));
  write("good.yaml", "good");
  start_with_first();
  EXPECT_EQ(last("fifo.yaml").problem, "is not a regular file");
  EXPECT_EQ(last("folder.yaml").problem, "is not a regular file");
  EXPECT_EQ(last("zero.yaml").problem, "is not a regular file");
  EXPECT_THAT(last("loop.yaml").problem, HasSubstr("symbolic links"));
  EXPECT_EQ(last("huge.yaml").text.size(), (1U << 20) + 1);
  EXPECT_EQ(last("good.yaml").text, "good");
  EXPECT_FALSE(last("dangling.yaml").exists);
  // A FIFO that arrives later does not stop the others either.
  ASSERT_EQ(::mkfifo((folder_ / "later.yaml").c_str(), 0600), 0);
  write("good.yaml", "better");
  ASSERT_TRUE(told("good.yaml", "better"));
  ASSERT_TRUE(until([&] { return !last("later.yaml").problem.empty(); }));
}

TEST_F(ManifestWatcherTest, WaitsForAFolderThatIsMissing) {
  fs::remove(folder_);
  start();
  ASSERT_TRUE(until([&] { return !seen_->problems.empty(); }));
  EXPECT_THAT(seen_->problems[0], HasSubstr(folder_.string() + ": No such file or directory"));
  EXPECT_THAT(seen_->calls, IsEmpty());
  fs::create_directory(folder_);
  write("a.yaml", "one");
  ASSERT_TRUE(told("a.yaml", "one"));
  EXPECT_TRUE(seen_->calls[0].complete);
  EXPECT_THAT(seen_->problems, ElementsAre(testing::_, "")) << "that it is over is said too";
}

TEST_F(ManifestWatcherTest, AMissingFolderOrphansNothing) {
  write("a.yaml", "one");
  start_with_first();
  fs::remove_all(folder_);
  ASSERT_TRUE(until([&] { return !seen_->problems.empty(); }));
  EXPECT_THAT(seen_->problems[0], HasSubstr("the 1 manifests that were there stay in force"));
  run_for(700ms);
  EXPECT_THAT(seen_->calls, SizeIs(1));
  EXPECT_THAT(seen_->problems, SizeIs(1));
  fs::create_directory(folder_);  // an empty mount point, perhaps
  ASSERT_TRUE(until([&] { return seen_->problems.size() == 2; }));
  EXPECT_THAT(seen_->problems[1], HasSubstr("was replaced by an empty folder"));
  EXPECT_THAT(seen_->calls, SizeIs(1));
  write("b.yaml", "two");
  ASSERT_TRUE(told("b.yaml", "two"));
  EXPECT_TRUE(seen_->calls[1].complete);
  EXPECT_THAT(seen_->calls[1].files, SizeIs(1));
}

TEST_F(ManifestWatcherTest, AReplacedFolderIsReadWhole) {
  write("a.yaml", "one");
  start_with_first();
  const auto next = root_ / "next";
  fs::create_directory(next);
  std::ofstream{next / "a.yaml"} << "two";
  std::ofstream{next / "b.yaml"} << "new";
  fs::rename(folder_, root_ / "old");
  fs::rename(next, folder_);
  ASSERT_TRUE(told("a.yaml", "two"));
  EXPECT_TRUE(seen_->calls[1].complete);
  EXPECT_THAT(seen_->calls[1].files, SizeIs(2));
  std::ofstream{root_ / "old" / "a.yaml"} << "not watched any more";
  write("b.yaml", "newer");
  ASSERT_TRUE(told("b.yaml", "newer"));
  EXPECT_EQ(last("a.yaml").text, "two");
  EXPECT_THAT(seen_->problems, IsEmpty());
}

TEST_F(ManifestWatcherTest, ChangesAreTakenOneAfterTheOtherAndNoneIsLost) {
  start_with_first();
  seen_->takes = 30ms;
  for (int number = 0; number < 20; ++number) {
    write("a" + std::to_string(number) + ".yaml", "x");
    run_for(3ms);
  }
  for (int number = 0; number < 20; ++number) ASSERT_TRUE(told("a" + std::to_string(number) + ".yaml", "x"));
  EXPECT_FALSE(seen_->overlapped);
}

TEST_F(ManifestWatcherTest, SurvivesMoreEventsThanTheKernelKeeps) {
  write("a.yaml", "one");
  start_with_first();
  int kept = 0;
  std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> kept;
  ASSERT_GT(kept, 0);
  std::ofstream one{folder_ / "one.txt"};
  std::ofstream two{folder_ / "two.txt"};
  run_for(100ms);
  // Without the loop running: the kernel drops what goes beyond its queue. None of these is worth a look by itself; in
  // turn, since the kernel joins equal ones.
  for (int number = 0; number < kept / 2 + 100; ++number) {
    one << "x" << std::flush;
    two << "x" << std::flush;
  }
  write("a.yaml", "two");
  ASSERT_TRUE(told("a.yaml", "two"));
}

}  // namespace
}  // namespace teal::test
