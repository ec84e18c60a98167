// What operators can request of a rollout.
#pragma once

#include <optional>

#include "controllers/records/requester.hpp"

namespace teal::records {

enum class Verb { Approve, Pause, Resume, Abort, Retry, Rollback };

struct VerbRequest {
  Verb verb = Verb::Retry;
  std::optional<int> to_revision;  // Rollback only; unset: the one before
  Requester by;
  // Retry only: whoever asks takes it on themselves that a job runs again whose outcome is unknown.
  bool accepts_unknown = false;
};

}  // namespace teal::records
