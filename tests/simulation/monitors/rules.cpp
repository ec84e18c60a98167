// The vendor's rules of upgrades, and what a bake waits for: judged when a rollout leaves the phase that has to wait.
#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/phases.hpp"
#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

namespace {

// "2025.2.1" → {2025, 2, 1}: a reading of our own, since the production one is under test.
std::vector<int> parts_of(std::string_view version) {
  std::vector<int> parts{0};
  for (const char c : version) {
    if (c == '.') {
      parts.push_back(0);
    } else if (c >= '0' && c <= '9') {
      parts.back() = 10 * parts.back() + (c - '0');
    }
  }
  parts.resize(4, 0);
  return parts;
}

bool same_train(const std::string& a, const std::string& b, int leading) {
  const auto left = parts_of(a);
  const auto right = parts_of(b);
  return std::equal(left.begin(), left.begin() + std::min(leading, 4), right.begin());
}

}  // namespace

void Monitors::check_upgrade(const records::RolloutRecord& record) {
  if (!record.course.active || record.course.back) return;
  const auto& spec = record.course.target.application.spec;
  const auto& policy = spec.upgrade_policy;
  const auto& from = record.course.active->application.spec.version;
  const auto name = records::rollout_name(record);
  if (from == spec.version) return;
  for (const auto& stop : policy.stops) {
    if (parts_of(from) < parts_of(stop) && parts_of(stop) < parts_of(spec.version))
      report(Promise::Upgrade, name, fmt::format("{} goes from {} to {}, past {}", name, from, spec.version, stop));
  }
  if (!policy.train || same_train(from, spec.version, *policy.train)) return;
  if (policy.outside_train == spec::OutsideTrain::BlueGreen) return;
  if (policy.acknowledged && same_train(*policy.acknowledged, spec.version, *policy.train)) return;
  if (policy.outside_train == spec::OutsideTrain::Recreate && rollout::strategy_of(record) == spec::Strategy::Recreate)
    return;
  report(Promise::Upgrade, name,
         fmt::format("{} goes from {} to {}, out of the train, {}", name, from, spec.version,
                     policy.outside_train == spec::OutsideTrain::Block ? "unasked" : "with both side by side"));
}

void Monitors::check_analysis(const records::RolloutRecord& record, spec::Phase before) {
  // Once the bake has ended a person may approve whatever Prometheus does then.
  const bool goes_on =
      record.standing.phase == spec::Phase::Withdrawing || record.standing.phase == spec::Phase::Complete ||
      (record.standing.phase == spec::Phase::AwaitingApproval && record.standing.awaiting == spec::Phase::Withdrawing);
  if (before != spec::Phase::Verifying || !goes_on || record.course.back) return;
  check_bake(record);
  if (!models_.lets_pass) return;
  for (const auto& analysis : record.course.target.application.spec.rollout.analysis) {
    if (models_.lets_pass(record.application, analysis, record.course.target)) continue;
    report(Promise::Analysis, records::rollout_name(record),
           fmt::format("the bake of {} ends, and analysis {} has not passed", records::rollout_name(record),
                       analysis.name));
  }
}

// A replica that was recreated meanwhile bakes anew.
void Monitors::check_bake(const records::RolloutRecord& record) {
  const auto bake = record.course.target.application.spec.rollout.bake;
  const auto now = models_.clock->now();
  if (now < jumped_at_ + bake) return;
  for (const auto& [name, stored] : models_.engine->containers()) {
    const auto& seen = stored.seen;
    const bool serves = seen.role == world::Role::Serve && seen.state == world::ContainerState::Running &&
                        seen.application == record.application && seen.revision == record.course.target.number;
    const auto started = started_at_.find(seen.id);
    if (!serves || started == started_at_.end() || blurred_.contains(name) || blurred_.contains(seen.id)) continue;
    if (now < started->second + bake) {
      report(Promise::Bake, name,
             fmt::format("the bake of {} ends after {}, and {} runs for {} only", records::rollout_name(record),
                         format_duration(bake), name, format_duration(now - started->second)));
    }
  }
}

void Monitors::check_dependency(const records::RolloutRecord& record, spec::Phase before) {
  // Who is to blame on record may be somebody else by the time that it is given up.
  auto& shared_at = shared_at_[records::rollout_name(record)];
  if (record.standing.phase == spec::Phase::Pending) shared_at = {};  // perhaps another application of that name
  if (record.standing.blame.whose == records::Blame::Whose::Shared) shared_at = record.standing.blame.at;
  const bool given_up = record.standing.phase == spec::Phase::RollingBack &&
                        record.outcome.failure_reason == spec::Reason::HealthCheckFailed;
  const bool had_old =
      before == spec::Phase::Starting || before == spec::Phase::Introducing || before == spec::Phase::Verifying;
  if (!given_up || !had_old || !record.course.active || rollout::strategy_of(record) == spec::Strategy::Recreate)
    return;
  if (passes_[record.application].misled) return;
  const auto now = models_.clock->now();
  for (const auto& component : record.course.target.application.spec.components) {
    const auto until = shared_at + component.health.startup;
    if (!component.port || now >= until || jumped_at_ + component.health.startup > now) continue;
    report(Promise::SharedDependency, records::rollout_name(record),
           fmt::format(
               "{} is rolled back for a failed check although it has {} more to recover from what old and new shared",
               records::rollout_name(record), format_duration(until - now)));
  }
  if (!models_.dependency_down_for) return;
  const auto down_for = models_.dependency_down_for(record.application);
  for (const auto& component : record.course.active->application.spec.components) {
    if (!must_have_failed(record, component, down_for)) continue;
    report(Promise::SharedDependency, records::rollout_name(record),
           fmt::format("{} is rolled back for a failed check, and {} of {} has failed its own for as long as {}",
                       records::rollout_name(record), component.name, record.course.active->application.spec.version,
                       format_duration(down_for)));
  }
}

// Whoever reads "RolledBack" takes it that users are served again.
void Monitors::check_way_back(const records::RolloutRecord& record, spec::Phase before) {
  const bool is_over = before == spec::Phase::RollingBack && record.standing.phase == spec::Phase::RolledBack;
  const bool touched = std::ranges::any_of(record.standing.phases, [](const records::PhaseSpan& one) {
    return one.phase == spec::Phase::Introducing || one.phase == spec::Phase::Withdrawing;
  });
  if (!is_over || !touched || !record.course.active || record.orders.retry || !is_informed(record.application)) return;
  const auto* wanted = models_.store->application(record.application);
  if (passes_[record.application].misled || !wanted || wanted->generation != record.generation) return;
  for (const auto& component : record.course.active->application.spec.components) {
    if (!component.load_balancer || component.replicas == 0) continue;
    const auto& use = *component.load_balancer;
    if (in_traffic({record.application, component.name, use.name, use.backend}) > 0) continue;
    report(Promise::T1, records::rollout_name(record),
           fmt::format("{} is said to be rolled back, and no {} takes traffic", records::rollout_name(record),
                       component.name));
  }
}

// An old replica that teald must have asked since then: each is asked once an interval, and answers in time.
bool Monitors::must_have_failed(const records::RolloutRecord& record, const spec::Component& component,
                                Duration down_for) const {
  const auto asked_within = component.health.interval + component.health.timeout + std::chrono::seconds{1};
  if (!component.port || component.replace == spec::Replace::StopFirst || down_for < asked_within) return false;
  const auto& all = models_.engine->containers();
  for (int index = 0; index < component.replicas; ++index) {
    const auto name = spec::container_name(record.application, component.name, record.course.active->number, index);
    const auto found = all.find(name);
    if (found == all.end() || found->second.seen.state != world::ContainerState::Running || blurred_.contains(name))
      continue;
    const auto& id = found->second.seen.id;
    const auto started = started_at_.find(id);
    if (started == started_at_.end() || record.leaving.stopping.contains(id)) continue;
    if (models_.clock->now() >= std::max(started->second, jumped_at_) + asked_within) return true;
  }
  return false;
}

}  // namespace teal::simulation
