#include "controllers/reconcile/work_queue.hpp"

#include <algorithm>

namespace teal::reconcile {

void WorkQueue::plan(const std::string& name, Time due) {
  const auto [found, is_new] = due_.try_emplace(name, due);
  if (!is_new && found->second <= due) return;
  if (!is_new && later_.erase({found->second, name}) + ready_.erase({found->second, name}) == 0) {
    found->second = due;  // it is being worked on
    return;
  }
  found->second = due;
  if (!working_.contains(name)) later_.insert({due, name});
}

void WorkQueue::add(const std::string& name, Time due) { plan(name, due); }

void WorkQueue::follow_clock(Time now) {
  if (now < last_seen_) {
    std::set<Moment> moved;
    for (auto& [name, due] : due_) {
      due -= last_seen_ - now;
      if (!working_.contains(name)) moved.insert({due, name});
    }
    later_ = std::move(moved);
    ready_.clear();
  }
  last_seen_ = now;
}

std::vector<std::string> WorkQueue::take_due(Time now, std::size_t most) {
  follow_clock(now);
  while (!later_.empty() && later_.begin()->first <= now) ready_.insert(later_.extract(later_.begin()));
  std::vector<std::string> taken;
  while (!ready_.empty() && working_.size() < most) {
    auto name = std::move(ready_.extract(ready_.begin()).value().second);
    due_.erase(name);
    working_.insert(name);
    taken.push_back(std::move(name));
  }
  return taken;
}

void WorkQueue::done(const std::string& name, std::optional<Time> again) {
  working_.erase(name);
  // What was asked for meanwhile can be handed out from now on.
  if (const auto asked = due_.find(name); asked != due_.end()) later_.insert({asked->second, name});
  if (again) plan(name, *again);
}

std::size_t WorkQueue::depth(Time now) const {
  auto depth = working_.size() + ready_.size();
  for (auto next = later_.begin(); next != later_.end() && next->first <= now; ++next) ++depth;
  for (const auto& name : working_) {
    const auto asked = due_.find(name);
    if (asked != due_.end() && asked->second <= now) ++depth;
  }
  return depth;
}

std::optional<Time> WorkQueue::next_due() const {
  return later_.empty() ? std::nullopt : std::optional{later_.begin()->first};
}

}  // namespace teal::reconcile
