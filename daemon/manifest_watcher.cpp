#include "daemon/manifest_watcher.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "daemon/manifest_watcher_book.hpp"
#include "daemon/manifest_watcher_events.hpp"
#include "daemon/manifest_watcher_folder.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::daemon {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Duration steady_after = 50ms;    // between two readings of a folder that is being filled
constexpr Duration worth_a_word = 100ms;   // of absence
constexpr Duration rescan_every = 10s;     // for what the kernel does not announce
constexpr Duration least_scan_gap = 20ms;  // however much comes and goes beside the manifests
constexpr Duration poll_every = 500ms;     // for a missing folder, or without any announcements
constexpr Duration first_retry = 10ms;
constexpr int most_unsteady_readings = 3;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

struct Attachment {
  int watch = -1;
  int error = 0;  // why there is no watch
  FolderReading reading;
};

class Watcher {
 public:
  Watcher(asio::any_io_executor executor, runtime::BlockingPool& pool, std::string folder, OnManifests on_change,
          std::function<void(std::string)> on_problem)
      : pool_(pool),
        folder_(std::move(folder)),
        on_change_(std::move(on_change)),
        on_problem_(std::move(on_problem)),
        timer_(executor),
        kernel_(std::make_shared<FolderWatch>()) {
    // Asio closes what it is given; ours stays open for a pool thread that may be using it.
    const int own = kernel_->descriptor() < 0 ? -1 : ::fcntl(kernel_->descriptor(), F_DUPFD_CLOEXEC, 0);
    if (own >= 0) readable_ = std::make_shared<asio::posix::stream_descriptor>(executor, own);
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
      book_.forget_due();
      auto work = [kernel = kernel_, folder = folder_, previous = std::exchange(watch_, -1)] {
        Attachment attachment;
        attachment.watch = kernel->watch(folder, previous);
        if (attachment.watch < 0) attachment.error = errno;
        attachment.reading = read_folder(folder);
        return attachment;
      };
      auto attached = co_await pool_.run(std::move(work));
      watch_ = attached.watch;
      auto& reading = attached.reading;
      if (!reading.problem.empty()) {
        // A folder that is swapped for another is missing for a moment only, not worth a word.
        if (delay >= worth_a_word) say(unreadable(reading.problem));
        co_await pause(delay);
        delay = std::min(delay * 2, poll_every);
        continue;
      }
      const bool lost = drain();
      // Files may still be on their way into a new folder.
      if (lost || (unsteady < most_unsteady_readings && (book_.waits() || book_.misses_any(reading)))) {
        ++unsteady;
        co_await pause(steady_after);
        continue;
      }
      identity_ = reading.identity;
      doubtful_ = complete_ && reading.files.empty() && book_.size() > 0;
      if (watch_ < 0 || !readable_) {
        say(fmt::format("{}: changes are not announced ({}); reading it every {}", folder_,
                        std::generic_category().message(attached.error), format_duration(poll_every)));
      } else if (doubtful_) {
        say(fmt::format("{}: was replaced by an empty folder; the {} manifests that were there stay in force", folder_,
                        book_.size()));
      } else {
        if (!std::exchange(said_, {}).empty() && on_problem_) on_problem_({});
      }
      if (!doubtful_) co_await tell_all(std::move(reading.files));
      co_return;
    }
  }

  // Tells changes until the folder is another one.
  awaitable<void> follow() {
    last_scan_ = Steady::now();
    next_scan_ = last_scan_ + scan_gap();
    bool was_whole = false;
    for (;;) {
      co_await wait_until(std::min(next_scan_, book_.next_due()));
      if (drain()) co_return;
      // One or the other, in turn: a file that was just created may be half written, which only its own reading heeds,
      // and neither may starve the other.
      const auto now = Steady::now();
      const bool whole = now >= next_scan_ && (!was_whole || book_.next_due() > now);
      const auto asked = whole ? std::vector<Asked>{} : book_.take_due(now);
      was_whole = whole;
      if (!whole && asked.empty()) continue;
      auto work = [folder = folder_, asked, whole] { return whole ? read_folder(folder) : read_files(folder, asked); };
      if (whole) {  // noted before it is read: what is announced meanwhile needs another
        last_scan_ = now;
        next_scan_ = now + scan_gap();
      }
      const auto cause = !whole ? Cause::Asked : announced_ ? Cause::Announced : Cause::Rescan;
      if (whole) announced_ = false;
      const auto reading = co_await pool_.run(std::move(work));
      if (drain() || !reading.problem.empty() || reading.identity != identity_) co_return;
      if (doubtful_) {
        if (std::ranges::any_of(reading.files, &admission::ManifestState::exists)) co_return;
        continue;
      }
      auto changes = book_.compare(reading, cause, Steady::now());
      if (!changes.empty()) co_await tell(std::move(changes), false);
    }
  }

  awaitable<void> tell_all(std::vector<admission::ManifestState> files) {
    book_.told(files);
    complete_ = true;
    co_await tell(std::move(files), true);
  }

  // A name may be any bytes; what is told of it goes into records, JSON and terminals.
  awaitable<void> tell(std::vector<admission::ManifestState> files, bool complete) {
    for (auto& file : files) file.path = printable_path(file.path);
    co_await on_change_(std::move(files), complete);
  }

  // Takes note of what was announced. True when the folder is lost.
  bool drain() {
    if (!readable_ || watch_ < 0) return false;
    bool lost = false;
    for (const auto& event : take_events(kernel_->descriptor(), watch_)) {
      lost = lost || event.kind == FolderEvent::Kind::Lost;
      if (event.kind == FolderEvent::Kind::Folder) {
        next_scan_ = std::min(next_scan_, last_scan_ + least_scan_gap);
        announced_ = true;
      }
      book_.note(event, Steady::now());
    }
    return lost;
  }

  [[nodiscard]] Duration scan_gap() const { return readable_ && watch_ >= 0 ? rescan_every : poll_every; }

  [[nodiscard]] std::string unreadable(const std::string& problem) const {
    if (book_.size() == 0) return fmt::format("{}; looking again every {}", problem, format_duration(poll_every));
    return fmt::format("{}; the {} manifests that were there stay in force, looking again every {}", problem,
                       book_.size(), format_duration(poll_every));
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
  std::shared_ptr<FolderWatch> kernel_;
  std::shared_ptr<asio::posix::stream_descriptor> readable_;  // null: the kernel announces nothing
  int watch_ = -1;
  FolderIdentity identity_;
  bool complete_ = false;   // everything was told once
  bool doubtful_ = false;   // the folder is empty and was not before: nothing counts as gone
  bool announced_ = false;  // something came or went since all was read
  Steady::time_point last_scan_;
  Steady::time_point next_scan_;
  ManifestBook book_;
  std::string said_;  // the problem that was told last
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
