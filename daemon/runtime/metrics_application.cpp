// The gauges of one application, which replace those that were there, and what begins and ends with it.
#include <set>

#include "daemon/runtime/metrics_state.hpp"

namespace teal::runtime {

using prometheus::Labels;

void Metrics::State::show_rollout(const std::string& name, const ports::ApplicationGauges& gauges) {
  std::set<Labels> present;
  for (const auto& one : gauges.jobs) {
    for (const auto known : job_states) {
      const Labels labels{{"application", name}, {"job", one.job}, {"state", std::string(known)}};
      job_state.at(labels).Set(known == one.state ? 1 : 0);
      present.insert(labels);
    }
    for (const auto word : job_outcomes) {
      (void)jobs.at({{"application", name}, {"job", one.job}, {"outcome", std::string(word)}});
    }
  }
  job_state.keep_only(name, present);
  present.clear();
  if (!gauges.rollout_phase.empty()) {
    const Labels labels{{"application", name}, {"phase", one_of(rollout_phases, gauges.rollout_phase)}};
    phase_began.at(labels).Set(ports::Seconds{gauges.rollout_phase_began.time_since_epoch()}.count());
    present.insert(labels);
  }
  phase_began.keep_only(name, present);
}

void Metrics::State::show_serving(const std::string& name, const ports::ApplicationGauges& gauges) {
  std::set<Labels> present;
  for (const auto& count : gauges.replicas) {
    const Labels labels{
        {"application", name}, {"component", count.component}, {"role", count.role}, {"state", count.state}};
    replicas.at(labels).Set(count.count);
    present.insert(labels);
    for (const auto result : probe_results) {
      const Labels probed{{"application", name}, {"component", count.component}, {"result", std::string(result)}};
      (void)probes.at(probed);
    }
  }
  replicas.keep_only(name, present);
  present.clear();
  for (const auto& count : gauges.wanted) {
    const Labels labels{{"application", name}, {"component", count.component}};
    wanted.at(labels).Set(count.count);
    present.insert(labels);
  }
  wanted.keep_only(name, present);
  present.clear();
  for (const auto& count : gauges.servers) {
    const Labels labels{{"application", name}, {"component", count.component}, {"state", count.state}};
    servers.at(labels).Set(count.count);
    present.insert(labels);
    for (const auto result : probe_results) {
      const Labels probed{{"application", name}, {"component", count.component}, {"result", std::string(result)}};
      (void)traffic.at(probed);
    }
    (void)balancer_errors.at({{"application", name}, {"component", count.component}});
  }
  servers.keep_only(name, present);
}

void Metrics::application(const std::string& name, const ports::ApplicationGauges& gauges) {
  // Most passes change nothing here.
  const auto shown = state_->shown.find(name);
  if (shown != state_->shown.end() && shown->second == gauges) return;
  state_->shown.insert_or_assign(name, gauges);
  for (const auto phase : application_phases) {
    state_->phase.at({{"application", name}, {"phase", std::string(phase)}}).Set(phase == gauges.phase ? 1 : 0);
  }
  // Counters begin at 0: increase() does not see a series begin with 1.
  for (const auto outcome : rollout_outcomes) {
    (void)state_->finished.at({{"application", name}, {"outcome", std::string(outcome)}});
  }
  const Labels versions{
      {"application", name}, {"active_version", gauges.active_version}, {"target_version", gauges.target_version}};
  state_->info.at(versions).Set(1);
  state_->info.keep_only(name, {versions});
  state_->show_rollout(name, gauges);
  state_->show_serving(name, gauges);
}

void Metrics::forget(const std::string& name) {
  State& all = *state_;
  all.shown.erase(name);
  all.phase.remove_application(name);
  all.info.remove_application(name);
  all.finished.remove_application(name);
  all.duration.remove_application(name);
  all.phase_duration.remove_application(name);
  all.jobs.remove_application(name);
  all.job_duration.remove_application(name);
  all.job_state.remove_application(name);
  all.phase_began.remove_application(name);
  all.replicas.remove_application(name);
  all.wanted.remove_application(name);
  all.servers.remove_application(name);
  all.probes.remove_application(name);
  all.probe_duration.remove_application(name);
  all.traffic.remove_application(name);
  all.traffic_duration.remove_application(name);
  all.balancer_errors.remove_application(name);
}

}  // namespace teal::runtime
