#include <sys/stat.h>

#include "tests/unit/daemon/manifest_watcher_fixture.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(ManifestWatcherTest, TellsEveryFileFirst) {
  write("b.yaml", "two");
  write("a.yml", "one");
  write(".hidden.yaml", "no");
  write("a.yaml~", "no");
  write("notes.txt", "no");
  start_with_first();
  ASSERT_THAT(seen_->calls, SizeIs(1));
  EXPECT_TRUE(seen_->calls[0].complete);
  ASSERT_THAT(seen_->calls[0].files, SizeIs(2));
  EXPECT_EQ(seen_->calls[0].files[0].path, (folder_ / "a.yml").string());
  EXPECT_EQ(seen_->calls[0].files[1].text, "two");
}

TEST_F(ManifestWatcherTest, AnEmptyFolderIsCompleteToo) {
  start_with_first();
  EXPECT_TRUE(seen_->calls[0].complete);
  EXPECT_THAT(seen_->calls[0].files, IsEmpty());
  EXPECT_THAT(seen_->problems, IsEmpty());
}

TEST_F(ManifestWatcherTest, TellsASavedFileAloneAndSoon) {
  write("a.yaml", "one");
  write("b.yaml", "one");
  start_with_first();
  run_for(20ms);
  const auto begin = Clock::now();
  write("a.yaml", "two");
  ASSERT_TRUE(told("a.yaml", "two"));
  EXPECT_LT(Clock::now() - begin, 3s);  // not by the reading that happens anyway
  EXPECT_FALSE(seen_->calls.back().complete);
  EXPECT_THAT(seen_->calls.back().files, SizeIs(1));
}

// Somebody may have been asked to save it.
TEST_F(ManifestWatcherTest, TellsAFileThatIsSavedWithoutAChange) {
  write("a.yaml", "one");
  start_with_first();
  write("a.yaml", "one");
  run_for(200ms);
  ASSERT_THAT(seen_->calls, SizeIs(2));
  EXPECT_FALSE(seen_->calls.back().complete);
  EXPECT_THAT(seen_->calls.back().files, SizeIs(1));
}

TEST_F(ManifestWatcherTest, SaysNothingAboutAFileWhoseTextNobodyWrote) {
  write("a.yaml", "one");
  start_with_first();
  ::chmod((folder_ / "a.yaml").c_str(), 0600);
  write(".a.yaml.swp", "x");
  fs::remove(folder_ / ".a.yaml.swp");
  run_for(200ms);
  EXPECT_THAT(seen_->calls, SizeIs(1));
}

TEST_F(ManifestWatcherTest, RenameOnSaveIsNeverReportedAsGone) {
  write("a.yaml", "0");
  start_with_first();
  for (int round = 1; round <= 10; ++round) {
    const auto text = std::to_string(round);
    // As vim does: the old file becomes the backup, a new one is written, the backup goes.
    write("4913", "");
    fs::remove(folder_ / "4913");
    fs::rename(folder_ / "a.yaml", folder_ / "a.yaml~");
    run_for(Duration{round * 3});
    write("a.yaml", text);
    fs::remove(folder_ / "a.yaml~");
    ASSERT_TRUE(told("a.yaml", text));
    // As others do: written beside, renamed over.
    write(".a.yaml.new", text + "!");
    fs::rename(folder_ / ".a.yaml.new", folder_ / "a.yaml");
    ASSERT_TRUE(told("a.yaml", text + "!"));
    // Removed and recreated.
    fs::remove(folder_ / "a.yaml");
    run_for(Duration{round * 4});
    write("a.yaml", text + "?");
    ASSERT_TRUE(told("a.yaml", text + "?"));
  }
  run_for(150ms);
  EXPECT_FALSE(ever_gone());
}

TEST_F(ManifestWatcherTest, ARemovedFileIsGoneAfterAWhile) {
  write("a.yaml", "one");
  write("b.yaml", "one");
  start_with_first();
  const auto begin = Clock::now();
  fs::remove(folder_ / "a.yaml");
  ASSERT_TRUE(until([&] { return ever_gone(); }));
  EXPECT_GE(Clock::now() - begin, 100ms);
  ASSERT_THAT(seen_->calls, SizeIs(2));
  ASSERT_THAT(seen_->calls[1].files, SizeIs(1));
  EXPECT_EQ(seen_->calls[1].files[0].path, (folder_ / "a.yaml").string());
  fs::rename(folder_ / "b.yaml", folder_ / "c.yaml");
  ASSERT_TRUE(told("c.yaml", "one"));
  ASSERT_THAT(seen_->calls, SizeIs(3)) << "it is told together with its old name";
  EXPECT_THAT(seen_->calls[2].files, SizeIs(2));
  EXPECT_FALSE(last("b.yaml").exists);
}

TEST_F(ManifestWatcherTest, AHalfWrittenFileIsNotToldBeforeItIsClosed) {
  write("a.yaml", "old");
  start_with_first();
  {
    std::ofstream file{folder_ / "a.yaml"};
    for (int piece = 0; piece < 20; ++piece) {
      file << "piece\n" << std::flush;
      run_for(5ms);
    }
    EXPECT_THAT(seen_->calls, SizeIs(1));
  }
  ASSERT_TRUE(until([&] { return seen_->calls.size() == 2; }));
  EXPECT_EQ(seen_->calls[1].files[0].text.size(), 120U);
}

// `make-manifest > a.yaml`: the shell empties the file first, and the program may think about each line.
TEST_F(ManifestWatcherTest, AWriterThatPausesIsWaitedFor) {
  write("a.yaml", "old");
  start_with_first();
  {
    std::ofstream file{folder_ / "a.yaml"};
    std::ofstream another{folder_ / "b.yaml"};
    run_for(1s);
    file << "half" << std::flush;
    another << "half" << std::flush;
    run_for(1s);
    EXPECT_THAT(seen_->calls, SizeIs(1));
    file << " and half";
    another << " and half";
  }
  ASSERT_TRUE(told("a.yaml", "half and half"));
  ASSERT_TRUE(told("b.yaml", "half and half"));
  EXPECT_THAT(seen_->calls, SizeIs(testing::Le(3U)));
}

TEST_F(ManifestWatcherTest, FollowsConfigMapsAsKubernetesSwapsThem) {
  fs::create_directory(folder_ / "..1");
  write("..1/a.yaml", "one");
  fs::create_directory_symlink("..1", folder_ / "..data");
  fs::create_symlink("..data/a.yaml", folder_ / "a.yaml");
  start_with_first();
  ASSERT_TRUE(told("a.yaml", "one"));
  fs::create_directory(folder_ / "..2");
  write("..2/a.yaml", "two");
  write("..2/b.yaml", "new");
  fs::create_directory_symlink("..2", folder_ / "..data_tmp");
  fs::rename(folder_ / "..data_tmp", folder_ / "..data");
  fs::create_symlink("..data/b.yaml", folder_ / "b.yaml");
  fs::remove_all(folder_ / "..1");
  ASSERT_TRUE(told("a.yaml", "two"));
  ASSERT_TRUE(told("b.yaml", "new"));
  EXPECT_FALSE(ever_gone());
}

TEST_F(ManifestWatcherTest, ReadsLinksAsSoonAsTheyAreThere) {
  start_with_first();
  write("../elsewhere", "linked");
  fs::create_symlink("../elsewhere", folder_ / "a.yaml");
  fs::create_hard_link(root_ / "elsewhere", folder_ / "b.yaml");
  ASSERT_TRUE(told("a.yaml", "linked"));
  ASSERT_TRUE(told("b.yaml", "linked"));
}

}  // namespace
}  // namespace teal::test
