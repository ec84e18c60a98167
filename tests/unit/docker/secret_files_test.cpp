#include "daemon/drivers/engines/docker/secret_files.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace teal::docker {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

unsigned mode_of(const std::string& path) {
  struct ::stat status{};
  EXPECT_EQ(::lstat(path.c_str(), &status), 0) << path;
  return static_cast<unsigned>(status.st_mode) & 07777U;
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream{path}.rdbuf();
  return text.str();
}

masking::SecretEnvironment two() {
  masking::SecretEnvironment files;
  files.emplace_back("DB__PASSWORD", masking::Secret{"hunter2"});
  files.emplace_back("KEY", masking::Secret{"two\nlines\n"});
  return files;
}

class SecretFilesTest : public testing::Test {
 protected:
  SecretFilesTest() {
    std::string pattern = "/dev/shm/teal-test-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    place_ = folder_ + "/secrets";
  }
  ~SecretFilesTest() override { fs::remove_all(folder_); }

  std::string folder_;
  std::string place_;
};

TEST_F(SecretFilesTest, WhatAContainerWasGivenIsKnownAfterARestartToo) {
  const auto folder = SecretFiles({place_}, "owner-1").put("teal-shop-api-r1-0", two());
  ASSERT_TRUE(folder) << folder.error().message;
  const SecretFiles again{{place_}, "owner-1"};
  ports::Exposure exposure;
  again.expose({"/etc", *folder}, exposure);  // the others of its mounts are none of ours
  EXPECT_TRUE(exposure.files_known);
  std::map<std::string, std::string> found;
  for (const auto& [name, value] : exposure.files) found[name] = value.reveal();
  EXPECT_EQ(found, (std::map<std::string, std::string>{{"DB__PASSWORD", "hunter2"}, {"KEY", "two\nlines\n"}}));
  again.drop(*folder);
  ports::Exposure gone;
  again.expose({*folder}, gone);
  EXPECT_FALSE(gone.files_known);
}

TEST_F(SecretFilesTest, NobodyEntersFromOutsideAndEverybodyReadsWithin) {
  SecretFiles files{{place_}, "owner-1"};
  const auto folder = files.put("teal-shop-api-r1-0", two());
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_TRUE(folder->starts_with(place_ + "/owner-1/teal-shop-api-r1-0.")) << *folder;
  EXPECT_EQ(text_of(*folder + "/DB__PASSWORD"), "hunter2");
  EXPECT_EQ(text_of(*folder + "/KEY"), "two\nlines\n");
  EXPECT_EQ(mode_of(place_), 0700U);
  EXPECT_EQ(mode_of(place_ + "/owner-1"), 0700U);
  EXPECT_EQ(mode_of(*folder), 0755U);
  EXPECT_EQ(mode_of(*folder + "/KEY"), 0444U);
}

TEST_F(SecretFilesTest, TakesAwayWhatItHasMadeAndNothingElse) {
  SecretFiles files{{place_}, "owner-1"};
  const auto one = *files.put("a", two());
  const auto two_again = *files.put("a", two());
  EXPECT_NE(one, two_again);
  EXPECT_THAT(files.folders(), UnorderedElementsAre(one, two_again));
  files.drop(one);
  EXPECT_FALSE(fs::exists(one));
  SecretFiles other{{place_}, "owner-2"};
  EXPECT_THAT(other.folders(), IsEmpty());
  other.drop(two_again);
  for (const auto& path :
       {folder_, place_, place_ + "/owner-1", place_ + "/owner-1/", place_ + "/owner-1/../owner-1"}) {
    files.drop(path);
  }
  EXPECT_TRUE(fs::exists(two_again + "/KEY"));
}

TEST_F(SecretFilesTest, RefusesADiskAndTakesTheNextPlace) {
  auto pattern = (fs::path{TEAL_BIN_DIR} / "teal-disk-XXXXXX").string();
  const std::string disk = ::mkdtemp(pattern.data());
  SecretFiles only_disk{{disk + "/secrets"}, "owner-1"};
  const auto refused = only_disk.put("a", two());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::denied);
  EXPECT_THAT(refused.error().message, HasSubstr(disk + "/secrets is not on a tmpfs"));
  SecretFiles files{{disk + "/secrets", place_}, "owner-1"};
  const auto folder = files.put("a", two());
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_TRUE(folder->starts_with(place_)) << *folder;
  EXPECT_FALSE(fs::exists(disk + "/secrets")) << "nothing of it on a disk";
  fs::remove_all(disk);
}

// /dev/shm is open to all: what somebody else has put there beforehand is not used.
TEST_F(SecretFilesTest, RefusesAFolderThatOthersCanEnterAndASymbolicLink) {
  SecretFiles files{{place_}, "owner-1"};
  ASSERT_EQ(::mkdir(place_.c_str(), 0755), 0);
  EXPECT_THAT(files.put("a", two()).error().message, HasSubstr("expected a folder of teald's user that nobody else"));
  fs::remove_all(place_);
  ASSERT_EQ(::mkdir((folder_ + "/elsewhere").c_str(), 0700), 0);
  fs::create_directory_symlink(folder_ + "/elsewhere", place_);
  EXPECT_EQ(files.put("a", two()).error().code, ErrorCode::denied);
  EXPECT_TRUE(fs::is_empty(folder_ + "/elsewhere"));
}

TEST_F(SecretFilesTest, RefusesNamesThatLeadElsewhereAndLeavesNothing) {
  SecretFiles files{{place_}, "owner-1"};
  for (const std::string name : {"", ".", "..", "../x", "a/b"}) {
    masking::SecretEnvironment wanted = two();
    wanted.emplace_back(name, masking::Secret{"hunter2"});
    EXPECT_EQ(files.put("a", wanted).error().code, ErrorCode::invalid) << name;
  }
  EXPECT_THAT(files.folders(), IsEmpty());
}

}  // namespace
}  // namespace teal::docker
