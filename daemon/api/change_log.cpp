#include "daemon/api/change_log.hpp"

#include <algorithm>

namespace teal::api {

ChangeLog::ChangeLog(status::Board& board)
    : board_(board),
      floor_(board.version()),
      subscription_(board.subscribe([this](const status::Change& change) { note(change); })) {}

void ChangeLog::note(const status::Change& change) {
  const std::string& name = change.view->record.application.name;
  switch (change.type) {
    case status::Change::Type::Added:
      added_at_[name] = change.view->resource_version;
      return;
    case status::Change::Type::Modified:
      return;
    case status::Change::Type::Deleted:
      break;
  }
  added_at_.erase(name);
  deleted_.push_back(change.view);
  if (deleted_.size() <= 32) return;
  floor_ = deleted_.front()->resource_version;
  deleted_.pop_front();
}

Result<std::vector<status::Change>> ChangeLog::since(std::uint64_t version) const {
  if (version < floor_ || version > board_.version()) {
    return Error{ErrorCode::not_found, "too old resource version: " + std::to_string(version) +
                                           " (current: " + std::to_string(board_.version()) + "): list again"};
  }
  std::vector<status::Change> changes;
  for (const auto& view : deleted_) {
    if (view->resource_version > version) changes.push_back({status::Change::Type::Deleted, view});
  }
  for (const auto& view : board_.list()) {
    if (view->resource_version <= version) continue;
    const auto added = added_at_.find(view->record.application.name);
    const bool is_new = added != added_at_.end() && added->second > version;
    changes.push_back({is_new ? status::Change::Type::Added : status::Change::Type::Modified, view});
  }
  std::ranges::sort(changes, {}, [](const status::Change& change) { return change.view->resource_version; });
  return changes;
}

}  // namespace teal::api
