#include "controllers/plan/plan_jobs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "manifests/wire/json.hpp"

namespace teal::plan {

objects::PlanJob plan_job(const spec::Job& job, std::string point, const PlanFacts& facts) {
  objects::PlanJob planned;
  planned.job = job.name;
  planned.point = std::move(point);
  planned.command = wire::masked_command(job.command);
  for (const auto& [variable, source] : job.credentials) planned.credentials.push_back(variable);
  if (const auto target = facts.targets.find(job.name); target != facts.targets.end()) {
    planned.user = target->second.user;
    planned.database = target->second.database;
  }
  return planned;
}

std::string target_text(const objects::PlanJob& job) {
  std::string text;
  if (!job.user.empty()) text = " as database user " + job.user;
  if (!job.database.empty()) text += fmt::format("{} {}", text.empty() ? " on database" : " on", job.database);
  return text;
}

std::string limits(const objects::PlanJob& job, const spec::Migration& migration) {
  const auto own = fmt::format("{}", fmt::join(job.credentials, ", "));
  return fmt::format("{} of {}{}", counted(migration.idempotent ? migration.attempts : 1, "attempt"),
                     format_duration(migration.timeout), own.empty() ? "" : "; credentials of its own: " + own);
}

std::string done_before(const PlanFacts& facts, std::string_view job) {
  if (!facts.image) return {};
  for (const auto& one : facts.history) {
    if (one.course.target.image_digest != facts.image->digest) continue;
    const auto ran = std::ranges::find(one.jobs, job, &records::JobRecord::job);
    if (ran == one.jobs.end() || ran->state != records::JobState::Succeeded || !ran->finished_at) continue;
    return fmt::format("revision {}, {}", one.course.target.number, format_time(*ran->finished_at));
  }
  return {};
}

void add_last_time(const PlanFacts& facts, objects::Plan& plan) {
  const records::RolloutRecord* last = nullptr;
  const bool installs = plan.from_version.empty();
  for (const auto& one : facts.history) {
    if (one.standing.phase != spec::Phase::Complete || one.course.back) continue;
    const bool is_alike = one.course.from_version.empty() == installs;
    if (last == nullptr || (is_alike && last->course.from_version.empty() != installs)) last = &one;
  }
  if (last == nullptr) return;
  plan.timed_revision = last->course.target.number;
  for (const auto& span : last->standing.phases) {
    if (!span.finished_at) continue;
    const auto phase = std::string{to_string(span.phase)};
    const auto took = *span.finished_at - span.started_at;
    const auto known = std::ranges::find(plan.last_time, phase, &objects::PlanDuration::phase);
    if (known == plan.last_time.end()) {
      plan.last_time.push_back({phase, took});
    } else {
      known->took += took;
    }
  }
}

std::string counted(int count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace teal::plan
