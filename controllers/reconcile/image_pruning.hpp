// Decides which images are no longer used.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/records/record.hpp"

namespace teal::reconcile {

struct SuperfluousImage {
  std::string id;
  std::string reference;  // for people
  int revision = 0;       // the newest that ran it
};

// `rollouts`: of every application, each newest first. Kept are, for each application: the images of its newest rollout
// (target and active), and of the `keep` newest different images that once took traffic before. What else remains is
// only named when teald itself brought it here, as the oldest rollout that ran it says.
[[nodiscard]] std::vector<SuperfluousImage> superfluous_images(
    const std::map<std::string, std::vector<records::RolloutRecord>>& rollouts, int keep);

}  // namespace teal::reconcile
