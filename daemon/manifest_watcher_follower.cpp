#include "daemon/manifest_watcher_follower.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "manifests/foundation/text.hpp"

namespace teal::daemon {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Duration rescan_every = 10s;     // for what the kernel does not announce
constexpr Duration poll_gap = 500ms;       // without any announcements
constexpr Duration least_scan_gap = 20ms;  // however much comes and goes beside the manifests

// A name may be any bytes; what is told of it goes into records, JSON and terminals.
std::vector<admission::ManifestState> printable_ones(std::vector<admission::ManifestState> files) {
  for (auto& file : files) file.path = printable_path(file.path);
  return files;
}

}  // namespace

FolderFollower::Attached FolderFollower::attach(bool patient) {
  book_.forget_due();
  Attached attached;
  watch_ = kernel_.watch(folder_, std::exchange(watch_, -1));
  if (watch_ < 0) attached.error = errno;
  auto reading = read_folder(folder_);
  attached.problem = reading.problem;
  if (!reading.problem.empty()) return attached;
  const bool is_lost = drain();
  // Files may still be on their way into a new folder.
  if (is_lost || (patient && (book_.waits() || book_.misses_any(reading)))) return attached;
  attached.is_steady = true;
  identity_ = reading.identity;
  doubtful_ = complete_ && reading.files.empty() && book_.size() > 0;
  attached.is_doubtful = doubtful_;
  if (!doubtful_) {
    book_.told(reading);
    complete_ = true;
    attached.files = printable_ones(std::move(reading.files));
  }
  was_whole_ = false;
  last_scan_ = Steady::now();
  next_scan_ = last_scan_ + scan_gap();
  next_look_ = std::min(next_scan_, book_.next_due());
  return attached;
}

FolderFollower::Looked FolderFollower::look() {
  auto looked = read_due();
  next_look_ = std::min(next_scan_, book_.next_due());
  looked.changes = printable_ones(std::move(looked.changes));
  return looked;
}

FolderFollower::Looked FolderFollower::read_due() {
  Looked looked;
  looked.is_left = drain();
  if (looked.is_left) return looked;
  // One or the other, in turn: a file that was just created may be half written, which only its own reading heeds, and
  // neither may starve the other.
  const auto now = Steady::now();
  const bool whole = now >= next_scan_ && (!was_whole_ || book_.next_due() > now);
  const auto asked = whole ? std::vector<Asked>{} : book_.take_due(now);
  was_whole_ = whole;
  if (!whole && asked.empty()) return looked;
  const auto cause = take_cause(whole);
  const auto reading = read(whole, asked);
  looked.is_left = drain() || !reading.problem.empty() || reading.identity != identity_;
  if (looked.is_left) return looked;
  if (doubtful_) {
    looked.is_left = std::ranges::any_of(reading.files, &admission::ManifestState::exists);
    return looked;
  }
  looked.changes = book_.compare(reading, cause, Steady::now());
  return looked;
}

Cause FolderFollower::take_cause(bool whole) {
  if (!whole) return Cause::Asked;
  const bool is_announced = std::exchange(announced_, false);
  if (std::exchange(overflowed_, false)) return Cause::Overflowed;
  return is_announced ? Cause::Announced : Cause::Rescan;
}

FolderReading FolderFollower::read(bool whole, const std::vector<Asked>& asked) {
  if (!whole) return read_files(folder_, asked);
  // Noted before it is read: what is announced meanwhile needs another.
  last_scan_ = Steady::now();
  next_scan_ = last_scan_ + scan_gap();
  auto reading = read_folder(folder_, [this](const std::string& name) { return book_.stamp(name); });
  scan_takes_ = std::chrono::ceil<Duration>(Steady::now() - last_scan_);
  return reading;
}

// Takes note of what was announced. True when the folder is lost.
bool FolderFollower::drain() {
  if (!announces()) return false;
  bool is_lost = false;
  for (const auto& event : take_events(kernel_.descriptor(), watch_)) {
    is_lost = is_lost || event.kind == FolderEvent::Kind::Lost;
    const bool is_overflow = event.kind == FolderEvent::Kind::Overflow;
    if (is_overflow || event.kind == FolderEvent::Kind::Folder) {
      // A large folder that changes all the time is not read all the time.
      next_scan_ = std::min(next_scan_, last_scan_ + std::max(least_scan_gap, 2 * scan_takes_));
      announced_ = true;
    }
    if (is_overflow) {
      overflowed_ = true;
      book_.lose_announcements();
    } else {
      book_.note(event, Steady::now());
    }
  }
  return is_lost;
}

Duration FolderFollower::scan_gap() const { return announces() ? rescan_every : poll_gap; }

}  // namespace teal::daemon
