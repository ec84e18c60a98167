// More happens in the folder than the kernel's queue holds: with its real events, while nobody reads them.
#include <map>

#include "tests/unit/daemon/manifest_watcher_fixture.hpp"

namespace teal::test {
namespace {

using Texts = std::map<std::string, std::string>;

class ManifestOverflow : public ManifestWatcherTest {
 protected:
  void SetUp() override {
    std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> kept_;
    ASSERT_GT(kept_, 0);
    ASSERT_LE(kept_, 100'000) << "this would take too long";
  }

  static std::string name(int number) { return "app-" + std::to_string(number) + ".yaml"; }
  // Three announcements each: created, written, closed.
  void write_all(int count, const std::string& text) {
    for (int number = 0; number < count; ++number) write(name(number), text + std::to_string(number));
  }
  static Texts expected(int count, const std::string& text) {
    Texts all;
    for (int number = 0; number < count; ++number) all[name(number)] = text + std::to_string(number);
    return all;
  }
  // What is in force, as it was told.
  [[nodiscard]] Texts in_force() const {
    Texts all;
    for (const auto& call : seen_->calls) {
      if (call.complete) all.clear();
      for (const auto& file : call.files) {
        const auto file_name = fs::path{file.path}.filename().string();
        all.erase(file_name);
        if (file.exists) all.emplace(file_name, file.text);
      }
    }
    return all;
  }
  // Looked at only when something was told: there are thousands.
  bool comes_to(const Texts& wanted) {
    std::size_t calls = 0;
    bool is_so = false;
    return until(
        [&] {
          if (seen_->calls.size() != std::exchange(calls, seen_->calls.size())) is_so = in_force() == wanted;
          return is_so;
        },
        60s);
  }
  void fill_queue() {
    std::ofstream one{folder_ / "one.txt"};
    std::ofstream two{folder_ / "two.txt"};
    for (int number = 0; number < kept_ / 2 + 100; ++number) {
      one << "x" << std::flush;
      two << "x" << std::flush;
    }
  }

  int kept_ = 0;
};

TEST_F(ManifestOverflow, EveryFileOfThousandsIsToldAndThenThereIsRest) {
  start_with_first();
  const int count = kept_ / 3 + 500;
  write_all(count, "first ");
  ASSERT_TRUE(comes_to(expected(count, "first ")));
  write_all(count, "second ");
  write_all(count, "third ");
  ASSERT_TRUE(comes_to(expected(count, "third ")));
  const auto calls = seen_->calls.size();
  run_for(3s);
  EXPECT_EQ(seen_->calls.size(), calls) << "nothing changes any more";
  write(name(7), "after all");
  ASSERT_TRUE(told(name(7), "after all")) << "and the next change is announced as ever";
}

TEST_F(ManifestOverflow, FilesThatChangeWhileAllIsReadAreToldAsTheyAreInTheEnd) {
  start_with_first();
  const int count = kept_ / 3 + 500;
  write_all(count, "first ");
  run_for(20ms);  // all is being read
  write_all(count, "second ");
  run_for(20ms);
  write_all(count, "last ");
  EXPECT_TRUE(comes_to(expected(count, "last ")));
}

TEST_F(ManifestOverflow, ThousandsThatAreRenamedAtOnceAreAllFollowed) {
  const int count = kept_ / 2 + 500;  // two announcements each
  write_all(count, "");
  start_with_first();
  Texts wanted;
  for (int number = 0; number < count; ++number) {
    const auto renamed = "renamed-" + std::to_string(number) + ".yaml";
    fs::rename(folder_ / name(number), folder_ / renamed);
    wanted[renamed] = std::to_string(number);
  }
  EXPECT_TRUE(comes_to(wanted));
}

TEST_F(ManifestOverflow, AFolderThatIsReplacedMeanwhileIsReadWhole) {
  write_all(10, "old ");
  start_with_first();
  fill_queue();
  fs::rename(folder_, root_ / "before");
  fs::create_directory(folder_);
  write_all(9, "new ");
  EXPECT_TRUE(comes_to(expected(9, "new ")));
}

TEST_F(ManifestOverflow, AFileThatIsBeingWrittenUnheardIsNotToldByHalves) {
  write("a.yaml", "one");
  start_with_first();
  fill_queue();
  std::ofstream writer{folder_ / "a.yaml"};
  writer << "half" << std::flush;
  run_for(500ms);
  EXPECT_EQ(last("a.yaml").text, "one");
  writer << " and half" << std::flush;
  writer.close();
  ASSERT_TRUE(told("a.yaml", "half and half"));
  for (const auto& call : seen_->calls) {
    for (const auto& file : call.files) EXPECT_NE(file.text, "half");
  }
}

TEST_F(ManifestOverflow, WhatIsRemovedMeanwhileIsGone) {
  write_all(3, "");
  start_with_first();
  fill_queue();
  fs::remove(folder_ / name(1));
  EXPECT_TRUE(comes_to({{name(0), "0"}, {name(2), "2"}}));
}

}  // namespace
}  // namespace teal::test
