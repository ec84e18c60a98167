#include "controllers/reconcile/work_queue.hpp"

#include <algorithm>

namespace teal::reconcile {

void WorkQueue::add(const std::string& name, Time due) {
  const auto [found, inserted] = due_.try_emplace(name, due);
  if (!inserted) found->second = std::min(found->second, due);
}

std::vector<std::string> WorkQueue::take_due(Time now) {
  std::vector<std::string> taken;
  if (now < last_seen_) {
    for (auto& [name, due] : due_) due -= last_seen_ - now;
  }
  last_seen_ = now;
  for (auto one = due_.begin(); one != due_.end();) {
    if (one->second > now || working_.contains(one->first)) {
      ++one;
      continue;
    }
    taken.push_back(one->first);
    working_.insert(one->first);
    one = due_.erase(one);
  }
  return taken;
}

void WorkQueue::done(const std::string& name, std::optional<Time> again) {
  working_.erase(name);
  if (again) add(name, *again);
}

std::size_t WorkQueue::depth(Time now) const {
  const auto due = std::ranges::count_if(due_, [&](const auto& entry) { return entry.second <= now; });
  return working_.size() + static_cast<std::size_t>(due);
}

std::optional<Time> WorkQueue::next_due() const {
  std::optional<Time> next;
  for (const auto& [name, due] : due_) {
    if (working_.contains(name)) continue;
    next = next ? std::min(*next, due) : due;
  }
  return next;
}

}  // namespace teal::reconcile
