// Hooks: a rollout's own jobs beside its migration, each run once per rollout by the same rules as a migration job.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controllers/rollout/jobs/run_job.hpp"

namespace teal::rollout {

// Advances the hooks of one point, in order. Done: all of them have ended, and none that is required failed. Those of a
// rollback never fail: what they do must not stand in its way.
[[nodiscard]] JobReport run_hooks(Pass& pass, spec::HookPoint point);

// Those of this point that have not begun are not needed in this rollout.
void leave_out(Pass& pass, spec::HookPoint point);

// Its failure stops the rollout.
[[nodiscard]] bool is_blocking(const spec::ApplicationSpec& spec, std::string_view hook);

// What people call it: "migration job default", "beforeMigration hook backup".
[[nodiscard]] std::string title_of(const spec::ApplicationSpec& spec, std::string_view job);

// The record of a job or a hook; null: this rollout has none.
[[nodiscard]] records::JobRecord* find_record(records::RolloutRecord& rollout, std::string_view job);

// The hooks of a new rollout, all Pending.
[[nodiscard]] std::vector<records::JobRecord> hooks_of(const spec::ApplicationSpec& spec);

// What a hook is told of the rollout that it runs in, as variables: TEAL_APPLICATION, TEAL_FROM_VERSION (empty on the
// first installation), TEAL_TO_VERSION, TEAL_REVISION and TEAL_REASON (Install, Upgrade, Change or Rollback; in a
// rollout that is being rolled back, the failure's reason).
[[nodiscard]] std::vector<std::pair<std::string, std::string>> hook_variables(const records::RolloutRecord& record);

}  // namespace teal::rollout
