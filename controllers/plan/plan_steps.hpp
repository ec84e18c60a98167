// The steps of a plan, from the actions of a rehearsal.
//
// Not every action is a step: a container is created and then started, a server is drained and then removed, a job's
// database is queried before, during and after the job. Each is one step, at the point where its effect begins.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "controllers/plan/make_plan.hpp"
#include "controllers/plan/model/rehearse.hpp"

namespace teal::plan {

struct PlannedSteps {
  std::vector<objects::PlanStep> steps;
  std::set<std::string> jobs;  // containers of jobs and hooks that are started
  int migrations = 0;          // of them, jobs of the migration
  int started = 0;             // replicas
  int stopped = 0;
};

// `given`: the rollout as it stood before the rehearsal, of which only what is left is told; null: there was none.
// `deletes`: a deletion has no phases, and is told as one.
[[nodiscard]] PlannedSteps tell_steps(const model::Rehearsal& rehearsal, const records::RolloutRecord* given,
                                      bool deletes, const PlanFacts& facts);

}  // namespace teal::plan
