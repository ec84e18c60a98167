#include "daemon/secret_watcher.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "daemon/drivers/secrets/secrets.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

class SecretWatcherTest : public testing::Test {
 protected:
  SecretWatcherTest() {
    auto pattern = (fs::temp_directory_path() / "teal-watch-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    daemon::SecretWatcherOptions options;
    options.board = &board_;
    options.secrets = secrets_.get();
    options.files = &pool_;
    options.fingerprints = &fingerprints_;
    options.tell = [this](std::string, admission::ValuesSeen seen) { return take(std::move(seen)); };
    options.settle = 100ms;
    options.look_every = 30s;  // only what the kernel announces
    options.run_every = 200ms;
    watcher_ = std::make_unique<daemon::SecretWatcher>(loop_.get_executor(), std::move(options));
    boost::asio::co_spawn(loop_, watcher_->watch_files(), boost::asio::detached);
    boost::asio::co_spawn(loop_, watcher_->watch_programs(), boost::asio::detached);
  }
  ~SecretWatcherTest() override {
    loop_.stop();
    fs::remove_all(folder_);
  }

  boost::asio::awaitable<Result<void>> take(admission::ValuesSeen seen) {
    told_.push_back(std::move(seen));
    co_return Result<void>{};
  }
  void write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream{path} << text;
    ::chmod(path.c_str(), 0600);
  }
  void publish(const std::function<void(spec::ApplicationSpec&)>& edit, bool wanted = true) {
    status::ApplicationView view;
    view.record.application.name = "shop";
    view.record.application.spec.restart_on_change = wanted;
    edit(view.record.application.spec);
    board_.publish(std::move(view));
  }
  void run(Duration duration) {
    loop_.restart();
    loop_.run_for(duration);
  }
  bool told(std::size_t count, Duration limit = 10s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (told_.size() < count && std::chrono::steady_clock::now() < end) run(20ms);
    return told_.size() == count;
  }

  fs::path folder_;
  boost::asio::io_context loop_;
  runtime::BlockingPool pool_{1};
  runtime::BlockingPool programs_{1};
  std::unique_ptr<ports::Secrets> secrets_ = secrets::make_secrets(pool_, programs_, 2s);
  daemon::Fingerprints fingerprints_{masking::Secret{"key"}};
  status::Board board_{1};
  std::vector<admission::ValuesSeen> told_;
  std::unique_ptr<daemon::SecretWatcher> watcher_;
};

TEST_F(SecretWatcherTest, TellsAChangedFileOnceItIsWhole) {
  write("password", "one\n");
  publish([&](spec::ApplicationSpec& spec) {
    spec.env["P"] = spec::ValueSource{spec::ValueSource::Kind::File, (folder_ / "password").string(), {}};
  });
  ASSERT_TRUE(told(1));
  run(300ms);
  EXPECT_EQ(told_.size(), 1U) << "nothing has changed";
  // Written piece by piece, as a slow copy does it.
  {
    std::ofstream slow{folder_ / "password"};
    for (const char c : std::string{"second"}) {
      slow << c << std::flush;
      run(30ms);
    }
  }
  ASSERT_TRUE(told(2));
  EXPECT_NE(told_[0].fingerprints, told_[1].fingerprints);
  write("next", "second");
  fs::rename(folder_ / "next", folder_ / "password");
  run(500ms);
  EXPECT_EQ(told_.size(), 2U) << "renamed over with the same value";
}

TEST_F(SecretWatcherTest, FollowsLinksAsKubernetesPointsThemElsewhere) {
  fs::create_directory(folder_ / "v1");
  fs::create_directory(folder_ / "v2");
  write("v1/password", "one");
  write("v2/password", "two");
  fs::create_directory_symlink("v1", folder_ / "..data");
  fs::create_symlink("..data/password", folder_ / "password");
  publish([&](spec::ApplicationSpec& spec) {
    spec.env["P"] = spec::ValueSource{spec::ValueSource::Kind::File, (folder_ / "password").string(), {}};
  });
  ASSERT_TRUE(told(1));
  fs::create_directory_symlink("v2", folder_ / "..new");
  fs::rename(folder_ / "..new", folder_ / "..data");
  EXPECT_TRUE(told(2));
}

TEST_F(SecretWatcherTest, TellsAProblemAndKeepsWhatElseItSees) {
  write("password", "one");
  write("env", "A=1\n");
  publish([&](spec::ApplicationSpec& spec) {
    spec.env["P"] = spec::ValueSource{spec::ValueSource::Kind::File, (folder_ / "password").string(), {}};
    spec.env_files = {(folder_ / "env").string()};
  });
  ASSERT_TRUE(told(1));
  EXPECT_EQ(told_[0].fingerprints.size(), 2U);
  fs::remove(folder_ / "password");
  ASSERT_TRUE(told(2));
  EXPECT_THAT(told_[1].problem, HasSubstr("spec.env.P: " + (folder_ / "password").string() + ": No such file"));
  EXPECT_EQ(told_[1].fingerprints.size(), 1U);
  write("env", "A=2\n");
  ASSERT_TRUE(told(3));
  write("password", "one");
  ASSERT_TRUE(told(4));
  EXPECT_EQ(told_[3].problem, "");
  EXPECT_EQ(told_[3].fingerprints.at("spec.env.P (file " + (folder_ / "password").string() + ")"),
            told_[0].fingerprints.at("spec.env.P (file " + (folder_ / "password").string() + ")"));
}

TEST_F(SecretWatcherTest, RunsProgramsNowAndThen) {
  write("value", "one");
  publish([&](spec::ApplicationSpec& spec) {
    spec.env["P"] = spec::ValueSource{spec::ValueSource::Kind::Exec, "", {"/bin/cat", (folder_ / "value").string()}};
  });
  ASSERT_TRUE(told(1));
  write("value", "two");
  ASSERT_TRUE(told(2, 15s));
  EXPECT_NE(told_[0].fingerprints, told_[1].fingerprints);
}

TEST_F(SecretWatcherTest, RefusesAProgramThatPrintsAnotherValueEachTime) {
  publish([&](spec::ApplicationSpec& spec) {
    spec.env["P"] = spec::ValueSource{spec::ValueSource::Kind::Exec, "", {"/bin/cat", "/proc/sys/kernel/random/uuid"}};
  });
  ASSERT_TRUE(told(1));
  EXPECT_TRUE(told_[0].fingerprints.empty());
  EXPECT_THAT(told_[0].problem, HasSubstr("prints another value each time"));
}

TEST_F(SecretWatcherTest, LeavesThoseAloneThatDoNotAskForIt) {
  write("password", "one");
  publish(
      [&](spec::ApplicationSpec& spec) {
        spec.env["P"] = spec::ValueSource{spec::ValueSource::Kind::File, (folder_ / "password").string(), {}};
      },
      false);
  run(1500ms);
  EXPECT_TRUE(told_.empty());
}

}  // namespace
}  // namespace teal::test
