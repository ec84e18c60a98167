#include "tests/simulation/probes.hpp"

#include <algorithm>
#include <set>

namespace teal::simulation {

using namespace std::chrono_literals;

void Probes::watch(const std::string& application, std::vector<ports::ProbeTarget> targets) {
  std::set<std::string> wanted;
  for (auto& target : targets) {
    const auto id = target.container_id;
    wanted.insert(id);
    auto& mine = targets_[id];
    const bool is_new = mine.application.empty();
    mine.application = application;
    mine.what = std::move(target);
    if (is_new) world_.timeline.in(1ms, life_, [this, id] { ask(id); });
  }
  std::erase_if(targets_, [&](const auto& entry) {
    return entry.second.application == application && !wanted.contains(entry.first);
  });
}

void Probes::ask(const std::string& id) {
  const auto found = targets_.find(id);
  if (found == targets_.end()) return;
  auto& [application, what, view, asked] = found->second;
  const auto problem = world_.ailment(id);
  const auto answer = problem.value_or("200");
  world_.monitors->probed(id, !problem);
  auto& count = problem ? view.failures : view.successes;
  (problem ? view.successes : view.failures) = 0;
  const int threshold = problem ? what.check.failures : what.check.successes;
  const bool matters = count < threshold || answer != view.answer || !asked;
  view.asked = ++asked_;
  if (problem && count == 0) view.failing_from = asked_;
  if (!problem && count == 0) view.well_from = asked_;
  count = std::min(count + 1, 1000);
  view.answer = answer;
  asked = true;
  if (!problem && view.successes >= what.check.successes) {
    view.ever = true;
    world_.passed.insert(id);
  }
  const bool undecided = view.successes < what.check.successes && view.failures < what.check.failures;
  const auto fast = std::clamp<Duration>(what.check.interval / 10, 20ms, 250ms);
  world_.timeline.in(what.settled && !undecided ? what.check.interval : fast, life_, [this, id] { ask(id); });
  if (matters) wake_(application);
}

std::optional<world::HealthView> Probes::view(const std::string& id) const {
  const auto found = targets_.find(id);
  if (found == targets_.end() || !found->second.asked) return std::nullopt;
  return found->second.view;
}

void Probes::watch_traffic(const std::string& application, std::vector<ports::TrafficTarget> targets) {
  auto& mine = traffic_[application];
  if (targets.empty()) mine.view = {};
  mine.targets = std::move(targets);
  if (mine.ticking || mine.targets.empty()) return;
  mine.ticking = true;
  world_.timeline.in(200ms, life_, [this, application] { tick(application); });
}

void Probes::tick(const std::string& application) {
  auto& mine = traffic_[application];
  if (mine.targets.empty()) {
    mine.ticking = false;
    return;
  }
  auto& view = mine.view;
  for (const auto& target : mine.targets) {
    const auto pool = target.component == "web-front" ? "_web" : "_api";
    const bool good = world_.serves(target.load_balancer, application + pool);
    view.probes += 1;
    view.failed += good ? 0 : 1;
    view.successes = good ? view.successes + 1 : 0;
    view.failures = good ? 0 : view.failures + 1;
    if (!good || view.answer.empty()) view.answer = good ? "200" : "503";
    const int threshold = good ? target.check.successes : target.check.failures;
    if ((good ? view.successes : view.failures) == threshold) wake_(application);
  }
  world_.timeline.in(200ms, life_, [this, application] { tick(application); });
}

world::TrafficView Probes::take_traffic(const std::string& application) {
  auto& mine = traffic_[application];
  auto taken = mine.view;
  mine.view.probes = 0;
  mine.view.failed = 0;
  return taken;
}

}  // namespace teal::simulation
