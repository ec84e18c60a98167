// A folder of another user leads to that user's files alone.
#include "daemon/runtime/path_owners.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/runtime/secret_file.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr ::uid_t somebody = 12345;

class PathOwners : public testing::Test {
 protected:
  PathOwners() {
    std::string pattern = fs::temp_directory_path() / "teal-owners-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
    fs::create_directory(root_ / "theirs");
    fs::create_directory(root_ / "ours");
  }
  ~PathOwners() override { fs::remove_all(root_); }

  void write(const std::string& name, ::uid_t owner) {
    std::ofstream{root_ / name} << "value";
    fs::permissions(root_ / name, fs::perms{0600});
    give(name, owner);
  }
  void give(const std::string& name, ::uid_t owner) {
    ASSERT_EQ(::lchown((root_ / name).c_str(), owner, ::getegid()), 0) << "only root may give files away";
  }
  // "value", or why it is not read.
  [[nodiscard]] std::string read(const std::string& name) const {
    const auto text = runtime::read_secret_file(root_ / name, 100, runtime::Readers::OwnerOnly);
    return text ? text->reveal() : text.error().message;
  }

  fs::path root_;
};

TEST_F(PathOwners, AFolderOfAnotherUserLeadsToThatUsersFilesOnly) {
  write("theirs/own", somebody);
  write("ours/secret", ::geteuid());
  fs::create_symlink(root_ / "ours/secret", root_ / "theirs/planted");
  fs::create_symlink("../ours", root_ / "theirs/folder");
  give("theirs/planted", somebody);
  give("theirs/folder", somebody);
  give("theirs", somebody);
  EXPECT_EQ(read("theirs/own"), "value");
  EXPECT_THAT(read("theirs/planted"), HasSubstr("goes through the folder"));
  EXPECT_THAT(read("theirs/folder/secret"), HasSubstr("goes through the folder"));
  EXPECT_EQ(read("ours/secret"), "value");
  EXPECT_EQ(read("ours/../ours/secret"), "value");
}

TEST_F(PathOwners, ALinkOfAnotherUserInASharedFolderIsRefused) {
  write("ours/secret", ::geteuid());
  fs::create_symlink(root_ / "ours/secret", root_ / "link");
  EXPECT_EQ(read("link"), "value");
  give("link", somebody);
  EXPECT_THAT(read("link"), HasSubstr("goes through the link"));
  EXPECT_THAT(read("link"), HasSubstr("chown -h "));
}

}  // namespace
}  // namespace teal::test
