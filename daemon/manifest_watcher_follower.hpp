// Finds out what has changed in a folder of manifests: events, readings and the book of what was told, together. All of
// it may block, so it runs on a pool thread, one call at a time.
//
// Paths are told printable and injective (printable_path).
#pragma once

#include <string>
#include <vector>

#include "daemon/manifest_watcher_events.hpp"
#include "daemon/manifest_watcher_folder.hpp"
#include "daemon/manifest_watcher_index.hpp"

namespace teal::daemon {

class FolderFollower {
 public:
  using Moment = ManifestIndex::Moment;

  explicit FolderFollower(std::string folder) : folder_(std::move(folder)) {}

  // What becomes readable when something is announced; -1: the kernel announces nothing.
  [[nodiscard]] int descriptor() const { return kernel_.descriptor(); }
  // Nobody waits for the descriptor: the folder is read now and then instead.
  void poll() { is_polled_ = true; }

  struct Attached {
    std::string problem;       // why the folder cannot be read; then the rest says nothing
    bool is_steady = false;    // else it is being filled, or is gone already: to be looked at again
    int error = 0;             // why changes are not announced
    bool is_doubtful = false;  // it is empty and was not before: nothing counts as gone, and nothing is told
    std::vector<admission::ManifestState> files;  // all there are
  };
  // Finds the folder and reads all of it, as if nothing had been told. `patient`: a folder that is being filled may be
  // waited for.
  [[nodiscard]] Attached attach(bool patient);
  [[nodiscard]] bool announces() const { return !is_polled_ && kernel_.descriptor() >= 0 && watch_ >= 0; }

  struct Looked {
    bool is_left = false;  // the folder is another one, or cannot be read: attach again
    std::vector<admission::ManifestState> changes;
  };
  // Reads what is due. Once nothing changes any more, it comes to rest with all changes told, whatever was announced or
  // lost.
  [[nodiscard]] Looked look();
  // When to look again, unless something is announced before.
  [[nodiscard]] Moment next_look() const { return next_look_; }

  [[nodiscard]] std::size_t size() const { return book_.size(); }

 private:
  [[nodiscard]] bool drain();
  [[nodiscard]] Looked read_due();
  [[nodiscard]] FolderReading read(bool whole, const std::vector<Asked>& asked);
  [[nodiscard]] Cause take_cause(bool whole);
  [[nodiscard]] Duration scan_gap() const;

  std::string folder_;
  FolderWatch kernel_;
  bool is_polled_ = false;
  int watch_ = -1;
  FolderIdentity identity_;
  bool complete_ = false;    // everything was told once
  bool doubtful_ = false;    // the folder is empty and was not before: nothing counts as gone
  bool announced_ = false;   // something came or went since all was read
  bool overflowed_ = false;  // announcements were lost since then
  bool was_whole_ = false;   // the newest reading
  Moment last_scan_;
  Moment next_scan_;
  Moment next_look_;
  Duration scan_takes_{};  // the newest reading of all
  ManifestIndex book_;
};

}  // namespace teal::daemon
