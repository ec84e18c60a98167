#include "daemon/drivers/tracing/rollout_tracer.hpp"

#include <vector>

#include "controllers/ports/ports.hpp"
#include "daemon/drivers/tracing/watched_ports.hpp"

namespace teal::tracing {
namespace {

using namespace std::chrono_literals;

constexpr Duration told_again_after_restart = 5min;

// The watched ports and what they are made of; goes with the last user of the ports.
struct Watched {
  ports::Ports ports;
  std::vector<std::unique_ptr<ports::Engine>> engines;
  std::vector<std::unique_ptr<ports::LoadBalancer>> load_balancers;
  std::unique_ptr<ports::Store> store;
  std::unique_ptr<ports::Database> database;
};

}  // namespace

RolloutTracer::RolloutTracer(std::string owner, const ports::Clock& clock, CallWatch::Sink sink)
    : owner_(std::move(owner)), clock_(clock), sink_(std::move(sink)) {}

std::shared_ptr<const ports::Ports> RolloutTracer::watched(const ports::Ports& ports, const std::string& application) {
  auto& watch = watches_[application];
  if (!watch) watch = std::make_shared<CallWatch>(application, owner_, sink_);
  auto watched = std::make_shared<Watched>();
  watched->ports = ports;
  for (auto& [name, engine] : watched->ports.engines) {
    engine = watched->engines.emplace_back(watch_engine(watch, name, *engine)).get();
  }
  for (auto& [name, port] : watched->ports.load_balancers) {
    auto& made = watched->load_balancers.emplace_back(watch_load_balancer(watch, name, *port.load_balancer));
    port.load_balancer = made.get();
  }
  if (ports.database != nullptr) {
    watched->database = watch_database(watch, *ports.database);
    watched->ports.database = watched->database.get();
  }
  watched->store = watch_store(watch, *ports.store);
  watched->ports.store = watched->store.get();
  return {watched, &watched->ports};
}

void RolloutTracer::rollout(const records::RolloutRecord& record) {
  const auto watch = watches_.find(record.application);
  if (watch == watches_.end()) return;
  watch->second->follow(record);
  if (!records::is_terminal(record.standing.phase)) return;
  if (record.outcome.finished_at.value_or(record.started_at) + told_again_after_restart < clock_.now()) return;
  if (!watch->second->ends(record)) return;
  for (auto& span : rollout_spans(owner_, record, watch->second->calls())) sink_(std::move(span));
}

void RolloutTracer::forget(const std::string& application) { watches_.erase(application); }

}  // namespace teal::tracing
