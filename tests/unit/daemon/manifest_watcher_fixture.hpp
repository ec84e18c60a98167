// A folder of manifests that is being watched, and what was told about it.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>

#include "daemon/manifest_watcher.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/task_group.hpp"

namespace teal::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

struct Taken {
  std::vector<admission::ManifestState> files;
  bool complete = false;
};

struct Seen {
  std::vector<Taken> calls;
  std::vector<std::string> problems;
  Duration takes{0};  // each on_change
  bool busy = false;
  bool overlapped = false;
};

inline boost::asio::awaitable<void> take(std::shared_ptr<Seen> seen, Taken call) {
  seen->overlapped = seen->overlapped || seen->busy;
  seen->busy = true;
  if (seen->takes.count() > 0) {
    boost::asio::steady_timer timer{co_await boost::asio::this_coro::executor, seen->takes};
    co_await timer.async_wait(boost::asio::use_awaitable);
  }
  seen->busy = false;
  seen->calls.push_back(std::move(call));
}

class ManifestWatcherTest : public testing::Test {
 protected:
  ManifestWatcherTest()
      : tasks_(loop_.get_executor(), [this](const std::string&, std::exception_ptr) { broke_ = true; }) {
    auto pattern = (fs::temp_directory_path() / "teal-manifests-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    folder_ = root_ / "manifests";
    fs::create_directory(folder_);
  }
  ~ManifestWatcherTest() override {
    tasks_.cancel();
    until([&] { return tasks_.size() == 0; });
    EXPECT_EQ(tasks_.size(), 0U);
    EXPECT_FALSE(broke_);
    fs::remove_all(root_);
  }

  void start() {
    daemon::OnManifests on_change = [seen = seen_](std::vector<admission::ManifestState> files, bool complete) {
      return take(seen, Taken{std::move(files), complete});
    };
    auto on_problem = [seen = seen_](std::string problem) { seen->problems.push_back(std::move(problem)); };
    tasks_.spawn("watch",
                 daemon::watch_manifests(pool_, folder_.string(), std::move(on_change), std::move(on_problem)));
  }
  void start_with_first() {
    start();
    ASSERT_TRUE(until([&] { return !seen_->calls.empty(); }));
  }

  template <class Condition>
  bool until(Condition condition, Duration longest = 5s) {
    const auto end = Clock::now() + longest;
    while (!condition() && Clock::now() < end) {
      loop_.restart();
      loop_.run_for(1ms);
    }
    return condition();
  }
  void run_for(Duration duration) {
    until([] { return false; }, duration);
  }
  bool told(const std::string& name, const std::string& text) {
    return until([&] { return last(name).exists && last(name).text == text; });
  }
  // How `name` was told last.
  admission::ManifestState last(const std::string& name) {
    admission::ManifestState state;
    state.exists = false;
    for (const auto& call : seen_->calls) {
      for (const auto& file : call.files) {
        if (file.path == (folder_ / name).string()) state = file;
      }
    }
    return state;
  }
  bool ever_gone() {
    for (const auto& call : seen_->calls) {
      for (const auto& file : call.files) {
        if (!file.exists) return true;
      }
    }
    return false;
  }

  void write(const std::string& name, std::string_view text) {
    std::ofstream{folder_ / name, std::ios::binary} << text;
  }

  boost::asio::io_context loop_;
  runtime::BlockingPool pool_{1};
  std::shared_ptr<Seen> seen_ = std::make_shared<Seen>();
  runtime::TaskGroup tasks_;
  bool broke_ = false;
  fs::path root_;
  fs::path folder_;
};

}  // namespace teal::test
