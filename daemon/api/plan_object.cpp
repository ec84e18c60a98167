// What a rollout would do, as JSON.
#include <boost/json/array.hpp>
#include <chrono>

#include "daemon/api/objects.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

json::object plan_job(const PlanJob& job) {
  json::object out;
  out["job"] = job.job;
  out[job.is_hook ? "hook" : "phase"] = job.point;
  if (job.is_hook) out["required"] = job.required;
  out["needed"] = job.needed;
  if (!job.done.empty()) out["done"] = job.done;
  out["container"] = job.container;
  out["command"] = job.command;
  if (!job.user.empty()) out["user"] = job.user;
  if (!job.database.empty()) out["database"] = job.database;
  json::array credentials;
  for (const auto& name : job.credentials) credentials.push_back(json::value(name));
  out["credentials"] = std::move(credentials);
  return out;
}

}  // namespace

json::object plan_object(const Plan& plan) {
  json::object out;
  out["apiVersion"] = "teal/v1";
  out["kind"] = "Plan";
  json::object metadata;
  metadata["name"] = plan.application;
  out["metadata"] = std::move(metadata);
  out["fromVersion"] = plan.from_version;
  out["toVersion"] = plan.to_version;
  out["revision"] = plan.revision;
  out["summary"] = plan.summary;
  json::array changes;
  for (const auto& change : plan.changes) {
    json::object entry;
    entry["path"] = change.path;
    entry["from"] = change.from;
    entry["to"] = change.to;
    changes.push_back(std::move(entry));
  }
  out["changes"] = std::move(changes);
  json::array steps;
  for (const auto& step : plan.steps) {
    json::object entry;
    entry["phase"] = step.phase;
    entry["action"] = step.action;
    entry["object"] = step.object;
    entry["message"] = step.message;
    steps.push_back(std::move(entry));
  }
  out["steps"] = std::move(steps);
  if (plan.revision > 0) {
    json::object policy;
    policy["allowed"] = plan.policy.allowed;
    if (plan.policy.allowed) policy["strategy"] = plan.policy.strategy;
    policy["message"] = plan.policy.message;
    out["policy"] = std::move(policy);
    json::array way;
    for (const auto& version : plan.way) way.push_back(json::value(version));
    out["way"] = std::move(way);
    json::array jobs;
    for (const auto& job : plan.jobs) jobs.push_back(plan_job(job));
    out["jobs"] = std::move(jobs);
  }
  if (plan.timed_revision > 0) {
    json::object last;
    last["revision"] = plan.timed_revision;
    json::array phases;
    for (const auto& each : plan.last_time) {
      json::object entry;
      entry["phase"] = each.phase;
      entry["seconds"] = std::chrono::duration<double>(each.took).count();
      phases.push_back(std::move(entry));
    }
    last["phases"] = std::move(phases);
    out["lastTime"] = std::move(last);
  }
  json::array findings;
  for (const auto& finding : plan.findings) findings.push_back(json::value(finding));
  out["findings"] = std::move(findings);
  return out;
}

}  // namespace teal::api
