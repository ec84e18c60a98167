// What would be done about a spec, step by step: a rehearsal of `decide` in a model world. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/records/record.hpp"
#include "controllers/rollout/action.hpp"
#include "controllers/rollout/observed.hpp"
#include "controllers/world/container.hpp"
#include "manifests/api/plan.hpp"

namespace teal::plan {

// Whom a job works as, and on which database.
struct JobTarget {
  std::string user;
  std::string database;
};

// What is known of the database of a job.
struct JobDatabaseFacts {
  std::vector<objects::Finding> findings;  // of a preflight
  std::vector<std::string> ungranted;      // what the application user cannot use of what it made
  bool done = false;                       // its ledger proves that the job is done for the image
};

// What the plan depends on beyond the records.
struct PlanFacts {
  std::optional<world::Image>
      image;  // as the engine has it now, verified where that is asked for; none: it would be pulled
  std::set<std::string> migrated;                     // jobs on record as done before for that image
  std::map<std::string, JobDatabaseFacts> databases;  // by job and hook
  std::map<std::string, JobTarget> targets;           // by job and hook
  std::vector<records::RolloutRecord> history;        // newest first
  std::vector<std::string> findings;                  // what is known to be in the way
  bool can_analyse = true;                            // teald.yaml has a Prometheus
  std::string engine_problem;                         // why it cannot run on the engine that it names; empty: it can
  std::vector<rollout::BackendView> backends;         // where it would serve, as they are now
  std::optional<std::uint64_t> engine_room;           // as Observed has it
  std::shared_ptr<const rollout::Observed>
      seen;                            // by the newest pass; null: what serves is taken to run, and nothing else
  std::vector<rollout::Action> acted;  // what that pass did then
};

// Whoever is waited for on the way is taken to say yes. Bounded: a rollout that goes on and on is told as far as that.
// A rollout of hundreds of replicas takes some tenths of a second, so not on a loop.
[[nodiscard]] objects::Plan make_plan(const records::ApplicationRecord& desired,
                                      const std::optional<records::RolloutRecord>& record, const PlanFacts& facts,
                                      Time now);

}  // namespace teal::plan
