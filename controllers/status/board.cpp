#include "controllers/status/board.hpp"

#include <algorithm>

namespace teal::status {

SharedView Board::publish(ApplicationView view) {
  auto& slot = views_[view.record.application.name];
  if (slot && slot->record == view.record && slot->status == view.status && slot->rollout == view.rollout) return slot;
  view.resource_version = ++version_;
  const auto type = slot ? Change::Type::Modified : Change::Type::Added;
  const auto published = std::make_shared<const ApplicationView>(std::move(view));
  slot = published;
  tell({type, published});
  return published;
}

void Board::remove(const std::string& name) {
  const auto found = views_.find(name);
  if (found == views_.end()) return;
  auto last = *found->second;
  last.resource_version = ++version_;
  views_.erase(found);
  tell({Change::Type::Deleted, std::make_shared<const ApplicationView>(std::move(last))});
}

SharedView Board::find(const std::string& name) const {
  const auto found = views_.find(name);
  return found == views_.end() ? nullptr : found->second;
}

std::vector<SharedView> Board::list() const {
  std::vector<SharedView> all;
  all.reserve(views_.size());
  for (const auto& [name, view] : views_) all.push_back(view);
  return all;
}

Board::Subscription Board::subscribe(std::function<void(const Change&)> callback) {
  auto handle = std::make_shared<std::function<void(const Change&)>>(std::move(callback));
  subscribers_.push_back(handle);
  return Subscription{handle};
}

void Board::tell(const Change& change) {
  std::erase_if(subscribers_, [](const auto& subscriber) { return subscriber.expired(); });
  const auto subscribers = subscribers_;  // a callback may subscribe
  for (const auto& weak : subscribers) {
    if (const auto subscriber = weak.lock()) (*subscriber)(change);
  }
}

}  // namespace teal::status
