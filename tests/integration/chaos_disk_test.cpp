// The disk of the store is full: teald says so, serves on, and goes on once there is room.
#include <sys/mount.h>

#include <filesystem>
#include <fstream>

#include "tests/integration/chaos.hpp"

namespace teal::test {
namespace {

// A file system for the store alone. SQLite's log grows to 4 MB before it is folded back: that must fit.
class SmallDisk {
 public:
  explicit SmallDisk(std::string folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
    if (::mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=12m,mode=0700") != 0) {
      throw std::runtime_error("mount tmpfs on " + folder_ + ": " + std::strerror(errno));
    }
  }
  ~SmallDisk() { ::umount2(folder_.c_str(), MNT_DETACH); }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  void fill() const {
    std::ofstream file{folder_ + "/filler", std::ios::app};
    for (const std::string block(4096, 'x'); file << block << std::flush;) continue;
  }
  void make_room() const { std::filesystem::remove(folder_ + "/filler"); }

 private:
  std::string folder_;
};

TEST_F(Chaos, FullDiskIsToldAndTheUpgradeGoesOnOnceThereIsRoom) {
  const SmallDisk disk{folder() + "/disk"};
  ASSERT_EQ(teald().stop(), 0);
  auto config = read_text(teald().config());
  config.replace(config.find(teald().store()), teald().store().size(), folder() + "/disk/teal.db");
  std::ofstream{teald().config()} << config;
  teald().start();
  build_slow_migrations(2, 3, 1000);
  ASSERT_TRUE(install(shop_));
  start_load();

  disk.fill();
  const auto before = running_containers();
  upgrade_to(2);
  EXPECT_TRUE(eventually("teald says that the disk is full", 10s, [&] {
    return text_at(application(), "/status/message").find("full") != std::string::npos;
  })) << text_at(application(), "/status/message");
  EXPECT_NE(teald().log_tail(50).find("full"), std::string::npos);
  EXPECT_EQ(teald().rest().request("GET", "/healthz")->status, 200) << "it serves on";
  EXPECT_EQ(running_containers(), before) << "nothing is done that cannot be put on record";
  disk.make_room();
  expect_converged(2);

  upgrade_to(3);
  wait_for_phase(3, "Migrating");
  disk.fill();
  EXPECT_TRUE(eventually("teald says so in the middle of an upgrade too", 10s, [&] {
    return text_at(application(), "/status/message").find("full") != std::string::npos;
  })) << text_at(application(), "/status/message");
  teald().kill();  // and what is on record is good enough for the next one
  disk.make_room();
  teald().start();
  expect_converged(3);
  expect_every_migration_once(3);
  finish_load();
  EXPECT_EQ(teald().stop(), 0);  // before its disk goes
}

}  // namespace
}  // namespace teal::test
