#include "controllers/reconcile/image_pruning.hpp"

#include <algorithm>
#include <set>

namespace teal::reconcile {
namespace {

void keep_needed(const std::vector<records::RolloutRecord>& rollouts, int keep, std::set<std::string>& needed) {
  if (rollouts.empty()) return;
  needed.insert(rollouts.front().course.target.image_id);
  if (rollouts.front().orders.rollback) needed.insert(rollouts.front().orders.rollback->to.image_id);
  std::set<std::string> active;
  if (rollouts.front().course.active) active.insert(rollouts.front().course.active->image_id);
  needed.insert(active.begin(), active.end());
  std::set<std::string> before;
  for (const auto& rollout : rollouts) {
    if (!records::is_terminal(rollout.standing.phase)) needed.insert(rollout.course.target.image_id);
    if (rollout.standing.phase != spec::Phase::Complete || active.contains(rollout.course.target.image_id)) continue;
    if (static_cast<int>(before.size()) >= keep && !before.contains(rollout.course.target.image_id)) continue;
    before.insert(rollout.course.target.image_id);
  }
  needed.insert(before.begin(), before.end());
}

}  // namespace

std::vector<SuperfluousImage> superfluous_images(
    const std::map<std::string, std::vector<records::RolloutRecord>>& rollouts, int keep) {
  std::set<std::string> settled;
  for (const auto& [application, records] : rollouts) keep_needed(records, keep, settled);
  std::map<std::string, bool> brought;  // by the oldest rollout that ran it: whether teald brought it here
  for (const auto& [application, records] : rollouts) {
    for (const auto& record : records) brought[record.course.target.image_id] = record.pulled;
  }
  std::vector<SuperfluousImage> found;
  for (const auto& [application, records] : rollouts) {
    for (const auto& record : records) {
      const auto& id = record.course.target.image_id;
      if (id.empty() || !brought[id] || !settled.insert(id).second) continue;
      found.push_back({id, image_reference(record.course.target.application.spec), record.course.target.number});
    }
  }
  return found;
}

}  // namespace teal::reconcile
