#include "controllers/reconcile/work_queue.hpp"

#include <algorithm>

namespace teal::reconcile {

void WorkQueue::plan(const std::string& name, Time due) {
  const auto [found, is_new] = due_.try_emplace(name, due);
  if (!is_new && found->second <= due) return;
  if (!is_new && !erase({found->second, name})) {
    found->second = due;  // it is being worked on
    return;
  }
  found->second = due;
  if (!working_.contains(name)) later_.insert({due, name});
}

bool WorkQueue::erase(const Moment& moment) {
  if (later_.erase(moment) > 0) return true;
  return std::ranges::any_of(ready_, [&](auto& lane) { return lane.second.erase(moment) > 0; });
}

bool WorkQueue::has_room(const std::string& lane, std::size_t most) const {
  const auto found = busy_.find(lane);
  return (found == busy_.end() ? 0 : found->second) < most;
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
  while (!later_.empty() && later_.begin()->first <= now) {
    auto next = later_.extract(later_.begin());
    ready_[lane_of_(next.value().second)].insert(std::move(next));
  }
  std::vector<std::string> taken;
  for (auto& [lane, names] : ready_) {
    while (!names.empty() && has_room(lane, most)) {
      auto name = std::move(names.extract(names.begin()).value().second);
      due_.erase(name);
      working_[name] = lane;
      ++busy_[lane];
      taken.push_back(std::move(name));
    }
  }
  return taken;
}

void WorkQueue::done(const std::string& name, std::optional<Time> again) {
  if (const auto found = working_.find(name); found != working_.end()) {
    --busy_[found->second];
    working_.erase(found);
  }
  // What was asked for meanwhile can be handed out from now on.
  if (const auto asked = due_.find(name); asked != due_.end()) later_.insert({asked->second, name});
  if (again) plan(name, *again);
}

std::size_t WorkQueue::depth(Time now) const {
  auto depth = working_.size();
  for (const auto& [lane, names] : ready_) depth += names.size();
  for (auto next = later_.begin(); next != later_.end() && next->first <= now; ++next) ++depth;
  for (const auto& [name, lane] : working_) {
    const auto asked = due_.find(name);
    if (asked != due_.end() && asked->second <= now) ++depth;
  }
  return depth;
}

std::optional<Time> WorkQueue::next_due() const {
  return later_.empty() ? std::nullopt : std::optional{later_.begin()->first};
}

}  // namespace teal::reconcile
