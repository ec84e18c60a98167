// What operators can request of a rollout.
#pragma once

#include <optional>
#include <string>

#include "controllers/records/requester.hpp"

namespace teal::records {

enum class Verb { Approve, Pause, Resume, Abort, Retry, Rollback, EndJob, Maintenance };

struct VerbRequest {
  Verb verb = Verb::Retry;
  std::optional<int> to_revision;  // Rollback only; unset: the one before
  Requester by;
  // Retry only: whoever asks takes it on themselves that a job runs again whose outcome is unknown.
  bool accepts_unknown = false;
  // EndJob only: whose container, and which one that is, which the reconciler looks up.
  std::string job{};
  std::string container_id{};
  bool on = false;  // Maintenance only
};

}  // namespace teal::records
