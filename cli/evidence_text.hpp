// What was seen of a rollout when it failed, in words.
#pragma once

#include <cstdint>
#include <string>

#include "manifests/api/evidence.hpp"

namespace teal::cli {

// "exited with code 137 (out of memory)", "503: database unreachable (3 failed in a row)"
[[nodiscard]] std::string evidence_text(const objects::ContainerEvidence& container);

// "edge/shop_api teal-shop-api-r7-0 Down: L7STS 503, 2 sessions, 3 errors"
[[nodiscard]] std::string evidence_text(const objects::ServerEvidence& server);

// It is of a replica of the rollout's own revision that failed, or shows an error itself; the old ones' are there to be
// compared with.
[[nodiscard]] bool is_failing(const objects::ServerEvidence& server, std::int64_t revision,
                              const objects::Evidence& evidence);

}  // namespace teal::cli
