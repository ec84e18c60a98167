// One application on the board: its record, and the status shown to users (manifests/api/status.hpp).
#pragma once

#include <cstdint>

#include "controllers/records/record.hpp"
#include "controllers/records/shared_rollout.hpp"
#include "manifests/api/status.hpp"

namespace teal::status {

// One application as the API shows it.
struct ApplicationView {
  records::ApplicationRecord record;
  objects::ApplicationStatus status;
  records::SharedRollout rollout;      // the latest
  std::uint64_t resource_version = 0;  // set by Board
};

}  // namespace teal::status
