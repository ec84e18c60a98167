#include "daemon/manifest_watcher.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <system_error>
#include <utility>

#include "daemon/manifest_watcher_follower.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::daemon {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Duration steady_after = 50ms;   // between two readings of a folder that is being filled
constexpr Duration worth_a_word = 100ms;  // of absence
constexpr Duration poll_every = 500ms;    // for a missing folder
constexpr Duration first_retry = 10ms;
constexpr int most_unsteady_readings = 3;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

class Watcher {
 public:
  Watcher(asio::any_io_executor executor, runtime::BlockingPool& pool, std::string folder, OnManifests on_change,
          std::function<void(std::string)> on_problem)
      : pool_(pool),
        folder_(std::move(folder)),
        on_change_(std::move(on_change)),
        on_problem_(std::move(on_problem)),
        timer_(executor),
        follower_(std::make_shared<FolderFollower>(folder_)) {
    // Asio closes what it is given; ours stays open for a pool thread that may be using it.
    const int own = follower_->descriptor() < 0 ? -1 : ::fcntl(follower_->descriptor(), F_DUPFD_CLOEXEC, 0);
    if (own >= 0) readable_ = std::make_shared<asio::posix::stream_descriptor>(executor, own);
    if (!readable_) follower_->poll();
  }

  awaitable<void> run() {
    for (;;) {
      co_await attach();
      co_await follow();
    }
  }

 private:
  // Finds the folder and tells everything in it. Returns once it is being watched, or polled where that is impossible.
  awaitable<void> attach() {
    int unsteady = 0;
    for (Duration delay = first_retry;;) {
      auto work = [follower = follower_, patient = unsteady < most_unsteady_readings] {
        return follower->attach(patient);
      };
      auto attached = co_await pool_.run(std::move(work));
      if (!attached.problem.empty()) {
        // A folder that is swapped for another is missing for a moment only, not worth a word.
        if (delay >= worth_a_word) say(unreadable(attached.problem));
        co_await pause(delay);
        delay = std::min(delay * 2, poll_every);
        continue;
      }
      if (!attached.is_steady) {
        ++unsteady;
        co_await pause(steady_after);
        continue;
      }
      if (!follower_->announces()) {
        say(fmt::format("{}: changes are not announced ({}); reading it every {}", folder_,
                        std::generic_category().message(attached.error), format_duration(poll_every)));
      } else if (attached.is_doubtful) {
        say(fmt::format("{}: was replaced by an empty folder; the {} manifests that were there stay in force", folder_,
                        follower_->size()));
      } else {
        if (!std::exchange(said_, {}).empty() && on_problem_) on_problem_({});
      }
      if (!attached.is_doubtful) co_await on_change_(std::move(attached.files), true);
      co_return;
    }
  }

  // Tells changes until the folder is another one.
  awaitable<void> follow() {
    for (;;) {
      co_await wait_until(follower_->next_look());
      auto work = [follower = follower_] { return follower->look(); };
      auto looked = co_await pool_.run(std::move(work));
      if (looked.is_left) co_return;
      if (!looked.changes.empty()) co_await on_change_(std::move(looked.changes), false);
    }
  }

  [[nodiscard]] std::string unreadable(const std::string& problem) const {
    const auto count = follower_->size();
    if (count == 0) return fmt::format("{}; looking again every {}", problem, format_duration(poll_every));
    return fmt::format("{}; the {} manifests that were there stay in force, looking again every {}", problem, count,
                       format_duration(poll_every));
  }

  void say(std::string problem) {
    if (problem == said_) return;
    said_ = problem;
    if (on_problem_) on_problem_(printable(problem));
  }

  // Or until something is announced.
  awaitable<void> wait_until(Steady::time_point time) {
    timer_.expires_at(time);
    if (!readable_) {
      co_await timer_.async_wait(as_result);
      co_return;
    }
    timer_.async_wait([weak = std::weak_ptr{readable_}](const boost::system::error_code& error) {
      const auto readable = weak.lock();
      if (!error && readable) readable->cancel();
    });
    co_await readable_->async_wait(asio::posix::stream_descriptor::wait_read, as_result);
    timer_.cancel();
  }

  awaitable<void> pause(Duration duration) {
    timer_.expires_after(duration);
    co_await timer_.async_wait(asio::use_awaitable);
  }

  runtime::BlockingPool& pool_;
  std::string folder_;
  OnManifests on_change_;
  std::function<void(std::string)> on_problem_;
  asio::steady_timer timer_;
  std::shared_ptr<FolderFollower> follower_;                  // a pool thread's, until that has ended
  std::shared_ptr<asio::posix::stream_descriptor> readable_;  // null: the kernel announces nothing
  std::string said_;                                          // the problem that was told last
};

}  // namespace

awaitable<void> watch_manifests(runtime::BlockingPool& pool, std::string folder, OnManifests on_change,
                                std::function<void(std::string)> on_problem) {
  while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
  const auto executor = co_await asio::this_coro::executor;
  Watcher watcher{executor, pool, std::move(folder), std::move(on_change), std::move(on_problem)};
  co_await watcher.run();
}

}  // namespace teal::daemon
