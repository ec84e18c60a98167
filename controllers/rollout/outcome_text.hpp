// What remains to be reported after a rollout that did not end as the spec in force wants. Pure.
#pragma once

#include <optional>
#include <string>

#include "controllers/records/record.hpp"

namespace teal::rollout {

// The application makes its schema itself, and this rollout has got far enough for that.
[[nodiscard]] bool migrated_itself(const records::RolloutRecord& record);

// A post-deployment step of it has begun: what ran before does not fit the schema any more.
[[nodiscard]] bool has_run_post_deployment(const records::RolloutRecord& record);

// What is left to ask for once the old replicas have begun to leave.
[[nodiscard]] std::string way_back_while_leaving(const records::RolloutRecord& record);

// That the schema stays as this rollout's migration left it; empty when it did not touch it.
[[nodiscard]] std::string schema_note(const records::RolloutRecord& record);

// The spec in force is not what runs and nothing will be done about it by itself: why, and what to do; else empty.
[[nodiscard]] std::string not_retried(const records::ApplicationRecord& desired,
                                      const std::optional<records::RolloutRecord>& record);

}  // namespace teal::rollout
