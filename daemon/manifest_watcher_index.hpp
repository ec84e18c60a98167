// The bookkeeping of the manifest watcher: what was reported, what to check and when. No clock, no files: times are
// passed in.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/manifest_watcher_events.hpp"
#include "daemon/manifest_watcher_folder.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::daemon {

// Why files were read.
enum class Cause {
  Asked,       // these were to be read, no others
  Announced,   // all of them: something came or went
  Rescan,      // all of them, though nothing was announced
  Overflowed,  // all of them: so much was announced that some of it was lost
};

class ManifestIndex {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  // An event about one file (not Folder, not Lost).
  void note(const FolderEvent& event, Moment now);
  // Takes the files out that are to be read by now; a later note brings them back.
  [[nodiscard]] std::vector<Asked> take_due(Moment now);
  [[nodiscard]] Moment next_due() const;  // Moment::max() when nothing waits
  [[nodiscard]] bool waits() const { return !due_.empty(); }
  void forget_due();  // everything is being read again
  // Some announcements were lost: what is known of writers is out of date. All has to be read, as Cause::Overflowed.
  void lose_announcements();

  // What differs from what was told, and what was written again with the same text, since somebody may have been asked
  // to save it. It is from now on what was told. Files that were noted again meanwhile are left for their next reading;
  // one that is not there is gone only when it still is not 100 ms later, and a new one waits for one that is missing,
  // so that a file that was renamed is told together with its old name. After a reading of all, what is not in it does
  // not exist. What a rescan finds changed, or a reading after lost announcements, may be half written, with nobody to
  // say when it is whole: it is due again, and told once it has stayed the same.
  [[nodiscard]] std::vector<admission::ManifestState> compare(const FolderReading& reading, Cause cause, Moment now);
  // All of it is told, and nothing else exists.
  void told(const FolderReading& reading);
  // What the file had when it was read to be told; none: that is not known, or was too young.
  [[nodiscard]] std::optional<FileStamp> stamp(const std::string& name) const;

  [[nodiscard]] bool misses_any(const FolderReading& reading) const;
  [[nodiscard]] std::size_t size() const { return told_.size(); }

 private:
  struct Due {
    Moment at;
    bool created = false;
    bool missing = false;  // only to see whether it still is
    bool written = false;  // somebody has it open
  };
  // Of ten thousand files the texts are not kept.
  struct Told {
    std::string path;
    std::string digest;
    std::string problem;
    std::optional<FileStamp> stamp;
  };
  [[nodiscard]] static Told told_as(const admission::ManifestState& file, const FolderReading& reading);
  void settle_unchanged(const FolderReading& reading);
  [[nodiscard]] bool was_saved(const Told& told, const Told& now, Cause cause, bool is_saved) const;
  [[nodiscard]] bool noted(const std::string& name) const;
  void miss(const std::string& name, Moment now, std::vector<admission::ManifestState>& changes);
  // Whether its text has to be seen once more; then it is due.
  [[nodiscard]] bool doubt(const std::string& name, const Told& file, Cause cause, Moment now);

  [[nodiscard]] bool waits_for_another(const std::string& name, Moment now);

  std::map<std::string, Told> told_;  // all by name
  std::map<std::string, Due> due_;
  std::map<std::string, Moment> missing_;       // since when
  std::map<std::string, Moment> held_;          // new ones that wait for what is missing, until when
  std::set<std::string> saved_;                 // written since they were compared
  std::map<std::string, std::string> doubted_;  // the digest of what a rescan found
  Moment newest_absence_;                       // of those that are missing
};

[[nodiscard]] std::string manifest_name(const admission::ManifestState& file);

}  // namespace teal::daemon
