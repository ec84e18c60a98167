#include "daemon/manifest_watcher_index.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "manifests/foundation/digest.hpp"

namespace teal::daemon {
namespace {

using namespace std::chrono_literals;

// Closing a file tells that it is whole. A writer that keeps it open (`make-manifest > shop.yaml`, a copy through a
// slow line) may pause for seconds, and half of a manifest may parse and mean something else. So one that never closes
// it counts as finished only after a rest that nobody's writing makes.
constexpr Duration longest_rest_of_a_writer = 10s;
constexpr Duration stays_the_same = 2s;  // of a text that nothing was announced about
constexpr Duration gone_after = 100ms;   // rename-on-save leaves no file for a moment

}  // namespace

std::string manifest_name(const admission::ManifestState& file) { return file.path.substr(file.path.rfind('/') + 1); }

void ManifestIndex::note(const FolderEvent& event, Moment now) {
  const bool is_written = event.kind == FolderEvent::Kind::Whole || event.kind == FolderEvent::Kind::Written;
  if (is_written) saved_.insert(event.name);
  if (event.kind != FolderEvent::Kind::Touched) doubted_.erase(event.name);
  switch (event.kind) {
    case FolderEvent::Kind::Whole:
      due_[event.name] = Due{now};
      break;
    case FolderEvent::Kind::Created:
      due_[event.name] = Due{.at = now, .created = true};
      break;
    case FolderEvent::Kind::Written:
      due_[event.name] = Due{.at = now + longest_rest_of_a_writer, .written = true};
      break;
    case FolderEvent::Kind::Touched:
      if (!noted(event.name)) due_[event.name] = Due{now};  // else a writer may be at work
      break;
    case FolderEvent::Kind::Folder:
    case FolderEvent::Kind::Overflow:
    case FolderEvent::Kind::Lost:
      break;
  }
}

std::vector<Asked> ManifestIndex::take_due(Moment now) {
  std::vector<Asked> asked;
  for (auto entry = due_.begin(); entry != due_.end();) {
    if (entry->second.at > now) {
      ++entry;
      continue;
    }
    asked.push_back(Asked{entry->first, entry->second.created});
    entry = due_.erase(entry);
  }
  return asked;
}

ManifestIndex::Moment ManifestIndex::next_due() const {
  auto next = Moment::max();
  for (const auto& [name, due] : due_) next = std::min(next, due.at);
  return next;
}

void ManifestIndex::forget_due() {
  due_.clear();
  missing_.clear();
  held_.clear();
  saved_.clear();
  doubted_.clear();
}

// A file that was last seen being written is still left to its writer. All others are read with the rest, and none of
// them is taken for closed, since the newest announcements are missing.
void ManifestIndex::lose_announcements() {
  std::erase_if(due_, [](const auto& entry) { return !entry.second.missing && !entry.second.written; });
  saved_.clear();
}

ManifestIndex::Told ManifestIndex::told_as(const admission::ManifestState& file, const FolderReading& reading) {
  Told told{file.path, sha256_hex(file.text), file.problem, {}};
  const auto stamp = reading.stamps.find(manifest_name(file));
  if (stamp != reading.stamps.end() && file.problem.empty()) told.stamp = stamp->second;
  return told;
}

bool ManifestIndex::doubt(const std::string& name, const Told& file, Cause cause, Moment now) {
  const auto found = doubted_.find(name);
  const bool is_first = found == doubted_.end();
  const bool is_announced = cause == Cause::Asked || cause == Cause::Announced;
  if (!file.problem.empty() || (is_first && is_announced) || (!is_first && found->second == file.digest)) {
    doubted_.erase(name);
    return false;
  }
  doubted_[name] = file.digest;
  due_[name] = Due{now + stays_the_same};
  return true;
}

// Of what was written while announcements were lost only its stamp tells.
bool ManifestIndex::was_saved(const Told& told, const Told& now, Cause cause, bool is_saved) const {
  if (is_saved) return true;
  return cause == Cause::Overflowed && told.stamp && now.stamp && told.stamp->written != now.stamp->written;
}

void ManifestIndex::settle_unchanged(const FolderReading& reading) {
  for (const auto& name : reading.unchanged) {
    if (noted(name)) continue;
    if (missing_.erase(name) > 0) due_.erase(name);
    doubted_.erase(name);
  }
}

std::vector<admission::ManifestState> ManifestIndex::compare(const FolderReading& reading, Cause cause, Moment now) {
  std::vector<admission::ManifestState> changes;
  for (const auto& name : reading.being_written)
    due_.try_emplace(name, Due{.at = now + longest_rest_of_a_writer, .written = true});
  // What is missing first: a new file may be one of them under another name.
  std::set<std::string> there{reading.unchanged.begin(), reading.unchanged.end()};
  for (const auto& file : reading.files) {
    const auto name = manifest_name(file);
    if (file.exists) there.insert(name);
    if (!file.exists && !noted(name)) miss(name, now, changes);
  }
  std::vector<std::string> unseen;
  for (const auto& [name, file] : told_) {
    if (cause != Cause::Asked && !there.contains(name) && !noted(name)) unseen.push_back(name);
  }
  for (const auto& name : unseen) miss(name, now, changes);
  settle_unchanged(reading);
  for (const auto& file : reading.files) {
    const auto name = manifest_name(file);
    if (!file.exists || noted(name)) continue;
    if (missing_.erase(name) > 0) due_.erase(name);
    if (waits_for_another(name, now)) continue;
    const auto told = told_.find(name);
    const bool is_new = told == told_.end();
    const bool is_saved = saved_.erase(name) > 0;
    auto its = told_as(file, reading);
    const bool is_same = !is_new && told->second.digest == its.digest && told->second.problem == its.problem;
    if (is_same && !was_saved(told->second, its, cause, is_saved)) {
      doubted_.erase(name);
      told->second.stamp = its.stamp;
      continue;
    }
    if (!is_same && !is_saved && doubt(name, its, cause, now)) continue;
    told_[name] = std::move(its);
    changes.push_back(file);
  }
  return changes;
}

bool ManifestIndex::noted(const std::string& name) const {
  const auto due = due_.find(name);
  return due != due_.end() && !due->second.missing;
}

void ManifestIndex::miss(const std::string& name, Moment now, std::vector<admission::ManifestState>& changes) {
  const auto told = told_.find(name);
  if (told == told_.end()) return;
  const auto [absence, is_new] = missing_.try_emplace(name, now);
  if (is_new) newest_absence_ = now;
  const auto since = absence->second;
  if (now < since + gone_after) {
    due_[name] = Due{.at = since + gone_after, .missing = true};
    return;
  }
  admission::ManifestState gone;
  gone.path = told->second.path;
  gone.exists = false;
  changes.push_back(std::move(gone));
  told_.erase(told);
  missing_.erase(name);
}

// A new file may be one that is missing, under another name: both are told together then.
bool ManifestIndex::waits_for_another(const std::string& name, Moment now) {
  if (!told_.contains(name) && !missing_.empty()) {
    const auto until = held_.try_emplace(name, newest_absence_ + gone_after).first->second;
    if (now < until) {
      due_[name] = Due{until};
      return true;
    }
  }
  held_.erase(name);
  return false;
}

void ManifestIndex::told(const FolderReading& reading) {
  told_.clear();
  for (const auto& file : reading.files) told_[manifest_name(file)] = told_as(file, reading);
}

std::optional<FileStamp> ManifestIndex::stamp(const std::string& name) const {
  const auto found = told_.find(name);
  return found == told_.end() ? std::nullopt : found->second.stamp;
}

bool ManifestIndex::misses_any(const FolderReading& reading) const {
  std::set<std::string> there;
  for (const auto& file : reading.files) there.insert(manifest_name(file));
  return std::ranges::any_of(told_, [&](const auto& told) { return !there.contains(told.first); });
}

}  // namespace teal::daemon
