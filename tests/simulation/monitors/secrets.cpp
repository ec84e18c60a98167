// C2: what the simulated teald puts where people or other programs can read it, searched for planted secrets. The
// ledger is not in it: its rows hold names, numbers and digests only.
#include <boost/json/serialize.hpp>

#include "controllers/records/record_json.hpp"
#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

void Monitors::said(std::string_view where, std::string_view text) {
  if (!models_.tells_secret || !models_.tells_secret(text)) return;
  report(Promise::C2, std::string{where}, std::string{where} + " tells a secret: " + std::string{text.substr(0, 400)});
}

void Monitors::look_for_secrets(const records::RolloutRecord& record, bool all) {
  if (!models_.tells_secret) return;
  if (all) return said("a rollout's record", boost::json::serialize(to_json(record)));
  said("a rollout's message", record.outcome.message);
  said("a rollout's failure", record.outcome.failure);
  for (const auto* jobs : {&record.jobs, &record.hooks}) {
    for (const auto& job : *jobs) said("a job's detail", job.detail);
  }
}

void Monitors::look_for_secrets(const objects::ApplicationStatus& status) {
  if (!models_.tells_secret) return;
  said("a status", status.message);
  for (const auto& condition : status.conditions) said("a condition", condition.message);
  for (const auto& component : status.components) {
    for (const auto& replica : component.replicas) said("a replica's status", replica.health);
  }
}

}  // namespace teal::simulation
