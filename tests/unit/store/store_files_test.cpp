// Whose a store's files are, and what is done to those of others: nothing.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"
#include "daemon/drivers/stores/sqlite/store_files.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

constexpr ::uid_t stranger = 12345;

class StoreFiles : public testing::Test {
 protected:
  StoreFiles() {
    auto pattern = (fs::temp_directory_path() / "teal-files-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    fs::create_directory(root_ / "state");
    mode("state", 0700);
  }
  ~StoreFiles() override { fs::remove_all(root_); }

  void mode(const std::string& name, ::mode_t mode) { ASSERT_EQ(::chmod((root_ / name).c_str(), mode), 0); }
  void give(const std::string& name) {
    ASSERT_EQ(::lchown((root_ / name).c_str(), stranger, 0), 0) << "only root may give files away";
  }
  [[nodiscard]] unsigned mode_of(const std::string& name) const {
    struct ::stat status{};
    EXPECT_EQ(::lstat((root_ / name).c_str(), &status), 0) << name;
    return status.st_mode & 07777U;
  }
  [[nodiscard]] std::string path() const { return (root_ / "state" / "teal.db").string(); }

  // "opened", or why a start is refused, as the check does.
  std::string start() {
    const auto judged = sqlite::judge_store_files(path());
    const auto store = await(loop_, sqlite::open_sqlite_store(pool_, path()));
    if (store) return judged ? "opened" : "opened, though: " + judged.error().message;
    if (judged) EXPECT_NE(store.error().code, ErrorCode::denied) << "the check is silent: " << store.error().message;
    return store.error().message;
  }

  boost::asio::io_context loop_;
  runtime::BlockingPool pool_{1};
  fs::path root_;
};

TEST_F(StoreFiles, AreRefusedInAFolderThatOthersMayWrite) {
  mode("state", 0777);
  EXPECT_THAT(start(), AllOf(HasSubstr("others can write it"), HasSubstr("; chmod o-w ")));
  mode("state", 01777);
  EXPECT_THAT(start(), HasSubstr("others can write it")) << "in a sticky one they can make what is not there yet";
  EXPECT_TRUE(fs::is_empty(root_ / "state"));
  mode("state", 0755);
  EXPECT_EQ(start(), "opened");
  give("state");
  EXPECT_THAT(start(), AllOf(HasSubstr("may own it"), HasSubstr("; chown root ")));
}

TEST_F(StoreFiles, AreRefusedWhenOneIsSomebodyElses) {
  ASSERT_EQ(start(), "opened");
  for (const std::string name :
       {"teal.db", "teal.db-wal", "teal.db-shm", "teal.db-journal", "teal.db.lock", "teal.db.key"}) {
    const auto file = "state/" + name;
    const bool is_there = fs::exists(root_ / file);
    if (!is_there) std::ofstream{root_ / file};
    give(file);
    EXPECT_THAT(start(), AllOf(HasSubstr(name + ": owner"), HasSubstr("; chown root "))) << name;
    ASSERT_EQ(::lchown((root_ / file).c_str(), 0, 0), 0);
    mode(file, 0602);
    EXPECT_THAT(start(), HasSubstr("others can write it; chmod o-w ")) << name;
    mode(file, 0600);
    if (!is_there) fs::remove(root_ / file);
  }
  EXPECT_EQ(start(), "opened");
}

TEST_F(StoreFiles, AreLookedAtBehindALink) {
  fs::create_directory(root_ / "disk");
  std::ofstream{root_ / "disk" / "real.db"};
  fs::create_symlink(root_ / "disk" / "real.db", path());
  mode("disk", 0700);
  EXPECT_EQ(start(), "opened");
  mode("disk", 0777);
  EXPECT_THAT(start(), HasSubstr("others can write it"));
  mode("disk", 0700);
  fs::remove(root_ / "disk" / "real.db");
  EXPECT_THAT(start(), HasSubstr("is a link that leads nowhere"));
}

TEST_F(StoreFiles, AreMadeUnreadableForOthers) {
  ASSERT_EQ(start(), "opened");
  mode("state/teal.db", 0644);
  EXPECT_EQ(start(), "opened");
  EXPECT_EQ(mode_of("state/teal.db"), 0600U);
}

// What it is told to write into stays as it is, whoever put the link there.
TEST_F(StoreFiles, LockThatIsALinkIsRefusedAndNotWrittenThrough) {
  std::ofstream{root_ / "precious"} << "precious";
  const auto precious = [&] {
    std::ostringstream text;
    text << std::ifstream{root_ / "precious"}.rdbuf();
    return text.str();
  };
  const auto lock = path() + ".lock";
  fs::create_symlink(root_ / "precious", lock);
  EXPECT_THAT(start(), HasSubstr("teal.db.lock: is a symbolic link"));
  EXPECT_EQ(precious(), "precious");
  fs::remove(lock);
  fs::create_hard_link(root_ / "precious", lock);
  EXPECT_THAT(start(), HasSubstr("has hard links"));
  EXPECT_EQ(precious(), "precious");
  fs::remove(lock);
  fs::create_symlink(root_ / "none", lock);
  EXPECT_THAT(start(), HasSubstr("is a symbolic link"));
  EXPECT_FALSE(fs::exists(root_ / "none"));
}

}  // namespace
}  // namespace teal::test
