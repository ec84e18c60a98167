// O5 and T5: what is shown, held against what was true since the pass began to look; and what a pass that nothing
// hindered leaves undone.
#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

namespace {

// One to see it, one to act, one for what was on its way; and no longer than the longest pause after a failure.
constexpr int patient_passes = 3;
constexpr Duration patience = std::chrono::seconds{30};

std::string_view state_of(const world::Container& container) {
  switch (container.state) {
    case world::ContainerState::Created:
      return "Created";
    case world::ContainerState::Running:
      return "Running";
    case world::ContainerState::Exited:
      return "Exited";
  }
  return "";
}

std::string ready_condition(const objects::ApplicationStatus& status) {
  const auto found = std::ranges::find(status.conditions, "Ready", &objects::Condition::type);
  return found == status.conditions.end() ? "" : found->status;
}

}  // namespace

void Monitors::pass_begins(const std::string& application) {
  seen_[application] = sequence_;
  passes_[application] = {};
  look();
  note_truth();
  passes_[application].dead = dead_servers(application);
  if (!models_.is_well) return;
  for (const auto& [name, stored] : models_.engine->containers()) {
    const auto& id = stored.seen.id;
    if (stored.seen.application == application && !models_.is_well(id)) unwell_at_[id] = models_.clock->now();
  }
}

std::string_view Monitors::standing_of(const world::Server& server) {
  switch (server.intake) {
    case world::Intake::Open:
      return server.up ? "Up" : "Down";
    case world::Intake::Draining:
      return "Draining";
    case world::Intake::Closed:
      return "Maintenance";
  }
  return "";
}

void Monitors::note_truth() {
  const auto note = [](std::vector<std::string_view>& known, std::string_view what) {
    if (std::ranges::find(known, what) == known.end()) known.push_back(what);
  };
  const auto standing = [&](const std::string& name) {
    const auto server = std::ranges::find(registered_, name, [](const auto& one) { return one.first; });
    return server == registered_.end() ? "NotRegistered" : server->second;
  };
  const auto& all = models_.engine->containers();
  for (const auto& [name, stored] : all) {
    const auto pass = passes_.find(stored.seen.application);
    if (pass == passes_.end()) continue;
    auto& known = pass->second.true_since[name];
    note(known, state_of(stored.seen));
    note(known, standing(name));
  }
  // The load balancers may have been asked once the container was gone.
  for (auto& [application, pass] : passes_) {
    for (auto& [name, known] : pass.true_since) {
      if (!all.contains(name)) note(known, standing(name));
    }
  }
}

std::set<std::string> Monitors::dead_servers(const std::string& application) const {
  std::set<std::string> dead;
  for (const auto& [name, key] : nowhere_) {
    if (blurred_.contains(name)) continue;
    const auto place = place_of(name);
    if (place && place->application == application) dead.insert(key);
  }
  return dead;
}

void Monitors::pass_ends(const std::string& application) {
  look();
  const auto& pass = passes_[application];
  const auto dead = dead_servers(application);
  std::erase_if(dead_for_, [&](const auto& entry) {
    const auto place = place_of(entry.first.substr(entry.first.rfind('/') + 1));
    return place && place->application == application && (pass.hindered || !dead.contains(entry.first));
  });
  if (pass.hindered) return;
  const auto now = models_.clock->now();
  for (const auto& server : dead) {
    if (!pass.dead.contains(server)) continue;
    auto& [since, passes] = dead_for_.try_emplace(server, now, 0).first->second;
    if (++passes < patient_passes || now < since + patience) continue;
    report(
        Promise::T5, server,
        fmt::format("server {} leads nowhere and stays, over {} passes that nothing hindered", server, patient_passes));
  }
}

void Monitors::shown(const status::ApplicationView& view) {
  const auto& name = view.record.application.name;
  auto& before = shown_[name];
  look_for_secrets(view.status);
  const bool is_new = before.components != view.status.components || before.phase != view.status.phase;
  const bool claims_anew = before.components != view.status.components;
  before = view.status;
  const auto& status = view.status;
  if (ready_condition(status) == "Unknown") {
    // Nothing was observed. What is said of each replica stays as it was said before.
    if (claims_anew && !status.components.empty())
      report(Promise::O5, name, name + ": replicas are described anew, and nothing was observed");
    if (status.phase == "Healthy") report(Promise::O5, name, name + " is Healthy, and nothing was observed");
    return;
  }
  if (!is_new || passes_[name].misled || passes_[name].was_told_late) return;
  for (const auto& component : status.components) check_component(view, component);
  if (status.phase != "Healthy") return;
  for (const auto& wanted : view.record.application.spec.components) {
    const auto found = std::ranges::find(status.components, wanted.name, &objects::ComponentStatus::name);
    const int ready = found == status.components.end() ? 0 : found->ready;
    if (ready >= wanted.replicas) continue;
    report(
        Promise::O5, name,
        fmt::format("{} is Healthy, and {} of {} replicas of {} are ready", name, ready, wanted.replicas, wanted.name));
  }
}

void Monitors::check_component(const status::ApplicationView& view, const objects::ComponentStatus& component) {
  int could_be_ready = 0;
  for (const auto& replica : component.replicas) {
    check_replica(view, replica);
    const bool in_traffic = replica.load_balancer.empty() || replica.load_balancer == "Up";
    if (replica.state == "Running" && in_traffic && replica.revision == view.status.active_revision) ++could_be_ready;
  }
  // While a first installation has not ended nothing is active yet.
  if (component.ready > could_be_ready && view.status.active_revision != 0) {
    report(Promise::O5, component.name,
           fmt::format("{} replicas of {} are said to be ready, and {} can be", component.ready, component.name,
                       could_be_ready));
  }
}

void Monitors::check_replica(const status::ApplicationView& view, const objects::ReplicaStatus& replica) {
  const auto& truth = passes_[view.record.application.name].true_since;
  const auto claim = [&](std::string_view what) {
    const auto known = truth.find(replica.name);
    if (known != truth.end() && std::ranges::find(known->second, what) != known->second.end()) return;
    report(Promise::O5, replica.name, fmt::format("{} is said to be {}, and was not", replica.name, what));
  };
  claim(replica.state == "Stopping" ? "Running" : replica.state);
  const bool asked = !replica.load_balancer.empty() && replica.load_balancer != "Unknown";
  if (asked) claim(replica.load_balancer);
  const auto& all = models_.engine->containers();
  const auto found = all.find(replica.name);
  if (found == all.end() || !found->second.spec.port || !models_.has_passed) return;
  if (replica.standing == "ready" && !models_.has_passed(found->second.seen.id))
    report(Promise::O5, replica.name, replica.name + " is said to be ready, and never passed its health check");
}

}  // namespace teal::simulation
