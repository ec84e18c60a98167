// What a plan says of migration jobs and hooks, and what the history adds to it.
#pragma once

#include <string>
#include <string_view>

#include "controllers/plan/make_plan.hpp"

namespace teal::plan {

// All but its container and whether it is needed.
[[nodiscard]] objects::PlanJob plan_job(const spec::Job& job, std::string point, const PlanFacts& facts);

// " as database user migrator on generator at db.internal:5432"; empty when neither is known.
[[nodiscard]] std::string target_text(const objects::PlanJob& job);

// "3 attempts of 15m; credentials of its own: DB__USER"
[[nodiscard]] std::string limits(const objects::PlanJob& job, const spec::Migration& migration);

// "revision 7, 2026-11-20T10:00:00Z": when this migration job was done for the image; empty when nothing is on record.
[[nodiscard]] std::string done_before(const PlanFacts& facts, std::string_view job);

// How long each phase took in the newest rollout that went the whole way; of an upgrade rather another upgrade.
void add_last_time(const PlanFacts& facts, objects::Plan& plan);

// "1 replica", "2 replicas"
[[nodiscard]] std::string counted(int count, std::string_view what);

}  // namespace teal::plan
