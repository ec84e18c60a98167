// What a rollout does and skips, depending on its direction. This is the only place that checks whether it goes forward
// or back; phases follow the rules.
#pragma once

#include "controllers/records/record.hpp"

namespace teal::rollout {

struct CourseRules {
  bool asks_leave;             // waits for its window and the upgrade policy, needs a Prometheus for its analysis
  bool resolves_image;         // runs what its tag names now; else the very image on record
  bool checks_first;           // waits for watched values to be read and for its databases to be fit
  bool bakes;                  // proves itself for `bake`, analysis included
  bool keeps_old;              // out of traffic, for `keepOld`
  bool post_deployment;        // runs the jobs after the cutover, which take away what older versions need
  bool all_hooks;              // else those of last_hooks only
  spec::HookPoint last_hooks;  // once traffic has moved
  bool is_undone;              // what had served serves again when it is given up; else what serves stays
};

// Forward: towards the spec in force. Back: an operator has decided, so nothing holds it up, and what ran before was
// proved when it was new.
[[nodiscard]] const CourseRules& rules_of(const records::RolloutRecord& record);

}  // namespace teal::rollout
