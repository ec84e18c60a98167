#include "controllers/reconcile/image_pruning.hpp"

#include <algorithm>
#include <set>

namespace teal {
namespace {

void keep_needed(const std::vector<RolloutRecord>& rollouts, int keep, std::set<std::string>& needed) {
  if (rollouts.empty()) return;
  needed.insert(rollouts.front().target.image_id);
  if (rollouts.front().ordered) needed.insert(rollouts.front().ordered->to.image_id);
  std::set<std::string> active;
  if (rollouts.front().active) active.insert(rollouts.front().active->image_id);
  needed.insert(active.begin(), active.end());
  std::set<std::string> before;
  for (const auto& rollout : rollouts) {
    if (!is_terminal(rollout.phase)) needed.insert(rollout.target.image_id);
    if (rollout.phase != Phase::Complete || active.contains(rollout.target.image_id)) continue;
    if (static_cast<int>(before.size()) >= keep && !before.contains(rollout.target.image_id)) continue;
    before.insert(rollout.target.image_id);
  }
  needed.insert(before.begin(), before.end());
}

}  // namespace

std::vector<SuperfluousImage> superfluous_images(const std::map<std::string, std::vector<RolloutRecord>>& rollouts,
                                                 int keep) {
  std::set<std::string> settled;
  for (const auto& [application, records] : rollouts) keep_needed(records, keep, settled);
  std::map<std::string, bool> brought;  // by the oldest rollout that ran it: whether teald brought it here
  for (const auto& [application, records] : rollouts) {
    for (const auto& record : records) brought[record.target.image_id] = record.pulled;
  }
  std::vector<SuperfluousImage> found;
  for (const auto& [application, records] : rollouts) {
    for (const auto& record : records) {
      const auto& id = record.target.image_id;
      if (id.empty() || !brought[id] || !settled.insert(id).second) continue;
      found.push_back({id, image_reference(record.target.application.spec), record.target.number});
    }
  }
  return found;
}

}  // namespace teal
