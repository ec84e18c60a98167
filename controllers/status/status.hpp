// One application as the board has it: what is on record, and what users are told about it (manifests/status.hpp).
#pragma once

#include <cstdint>
#include <optional>

#include "controllers/records/record.hpp"
#include "manifests/status.hpp"

namespace teal {

// One application as the API shows it.
struct ApplicationView {
  ApplicationRecord record;
  ApplicationStatus status;
  std::optional<RolloutRecord> rollout;  // the latest
  std::uint64_t resource_version = 0;    // set by Board
};

}  // namespace teal
