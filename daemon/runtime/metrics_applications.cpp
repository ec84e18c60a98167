#include "daemon/runtime/metrics_applications.hpp"

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

#include "daemon/runtime/metrics_state.hpp"

namespace teal::runtime {
namespace {

using prometheus::MetricType;
using OfApplication = ApplicationMetrics::Family;

// How a family is called, and the labels that its series have beside the application; empty: it has no such label.
struct Described {
  const char* name;
  const char* help;
  MetricType type;
  std::string_view named;         // after what has a name
  std::string_view worded;        // after a word of a fixed set
  std::string_view worded_again;  // and another
  const Buckets* bounds = nullptr;
};

const std::array<Described, ApplicationMetrics::families> described{{
    {"teal_application_phase", "1 for the phase that the application is in.", MetricType::Gauge, "", "phase", ""},
    {"teal_application_info", "The versions of the application that serve and that are wanted.", MetricType::Gauge, "",
     "", ""},
    {"teal_rollouts_total", "Rollouts that ended.", MetricType::Counter, "", "outcome", ""},
    {"teal_rollout_duration_seconds", "From a rollout's start to its end.", MetricType::Histogram, "", "outcome", "",
     &rollouts_buckets},
    {"teal_rollout_phase_seconds", "Time that rollouts spent in each phase.", MetricType::Histogram, "", "phase", "",
     &phases_buckets},
    {"teal_rollout_phase_start_time_seconds", "When the newest rollout entered its phase, in seconds since 1970.",
     MetricType::Gauge, "", "phase", ""},
    {"teal_migrations_total", "Migration jobs that ended.", MetricType::Counter, "job", "outcome", ""},
    {"teal_migration_duration_seconds", "From a migration job's start to its end.", MetricType::Histogram, "job", "",
     "", &rollouts_buckets},
    {"teal_migration_state", "1 for the state of the newest rollout's migration job.", MetricType::Gauge, "job",
     "state", ""},
    {"teal_replicas", "Replicas by role and state.", MetricType::Gauge, "component", "role", "state"},
    {"teal_replicas_wanted", "Replicas that the manifest asks for.", MetricType::Gauge, "component", "", ""},
    {"teal_load_balancer_servers", "Servers in load balancers by state.", MetricType::Gauge, "component", "state", ""},
    {"teal_load_balancer_errors_total",
     "Retries, redispatches, connection and response errors and denials that load balancers counted during rollouts.",
     MetricType::Counter, "component", "", ""},
    {"teal_health_probes_total", "Health probes of replicas.", MetricType::Counter, "component", "result", ""},
    {"teal_health_probe_duration_seconds", "Time that replicas took to answer health probes.", MetricType::Histogram,
     "component", "", "", &answers_buckets},
    {"teal_traffic_probes_total", "Requests of teald's own through load balancers.", MetricType::Counter, "component",
     "result", ""},
    {"teal_traffic_probe_duration_seconds", "Time that requests of teald's own took through load balancers.",
     MetricType::Histogram, "component", "", "", &answers_buckets},
}};

const Described& described_as(OfApplication family) { return described[static_cast<std::size_t>(family)]; }

// All words that labels of applications may have; the first stands for none, the second for any other.
const std::vector<std::string_view>& all_words() {
  static const auto all = [] {
    std::vector<std::string_view> made{"", "other"};
    const auto add = [&made](const auto& set) {
      for (const std::string_view word : set) {
        if (std::ranges::find(made, word) == made.end()) made.push_back(word);
      }
    };
    add(application_phases);
    add(rollout_phases);
    add(rollout_outcomes);
    add(job_outcomes);
    add(job_states);
    add(probe_results);
    add(std::array<std::string_view, 3>{"active", "incoming", "outgoing"});
    add(std::array<std::string_view, 5>{"starting", "ready", "unhealthy", "stopping", "exited"});
    add(std::array<std::string_view, 4>{"up", "down", "draining", "maintenance"});
    return made;
  }();
  return all;
}

std::uint8_t word_of(std::string_view word) {
  static const auto places = [] {
    std::unordered_map<std::string_view, std::uint8_t> made;
    for (std::size_t i = 0; i < all_words().size(); ++i) made.emplace(all_words()[i], static_cast<std::uint8_t>(i));
    return made;
  }();
  const auto found = places.find(word);
  return found == places.end() ? 1 : found->second;
}

std::string_view text_of_word(std::uint8_t word) { return all_words()[word]; }

}  // namespace

ApplicationMetrics::OnePtr ApplicationMetrics::one(const std::string& application) {
  const auto found = all_.find(application);
  if (found != all_.end()) return found->second;
  const std::lock_guard lock{mutex_};
  return all_.emplace(application, std::make_shared<One>()).first->second;
}

std::uint16_t ApplicationMetrics::name_of(One& one, std::string_view name) {
  if (name.empty()) return 0;
  const auto found = std::ranges::find(one.names, name);
  const auto place = found - one.names.begin();
  if (found == one.names.end()) one.names.emplace_back(name);
  return static_cast<std::uint16_t>(place + 1);
}

ApplicationMetrics::Value& ApplicationMetrics::counter(One& one, Family family, std::string_view name,
                                                       std::string_view word) {
  const Value wanted{family, word_of(word), 0, name_of(one, name), 0};
  const auto is_it = [&](const Value& value) {
    return value.family == wanted.family && value.word == wanted.word && value.name == wanted.name;
  };
  const auto found = std::ranges::find_if(one.counters, is_it);
  if (found != one.counters.end()) return *found;
  return one.counters.emplace_back(wanted);
}

void ApplicationMetrics::count(const std::string& application, Family family, std::string_view name,
                               std::string_view word, double more) {
  const auto it = one(application);
  const std::lock_guard lock{it->mutex};
  counter(*it, family, name, word).value += more;
}

void ApplicationMetrics::observe(const std::string& application, Family family, std::string_view name,
                                 std::string_view word, double value) {
  const auto it = one(application);
  const std::lock_guard lock{it->mutex};
  const auto its_word = word_of(word);
  const auto its_name = name_of(*it, name);
  auto found = std::ranges::find_if(it->histograms, [&](const Histogram& histogram) {
    return histogram.family == family && histogram.word == its_word && histogram.name == its_name;
  });
  const auto& bounds = *described_as(family).bounds;
  if (found == it->histograms.end()) {
    it->histograms.push_back({family, its_word, its_name, std::vector<std::uint64_t>(bounds.size() + 1), 0});
    found = std::prev(it->histograms.end());
  }
  const auto bucket = std::ranges::lower_bound(bounds, value) - bounds.begin();
  found->counts[static_cast<std::size_t>(bucket)] += 1;
  found->sum += value;
}

void ApplicationMetrics::begin_counters(One& one, const ports::ApplicationGauges& gauges) {
  const auto begin = [&](Family family, std::string_view name, std::string_view word) {
    (void)counter(one, family, name, word);
  };
  for (const auto outcome : rollout_outcomes) begin(Family::Rollouts, "", outcome);
  for (const auto& job : gauges.jobs) {
    for (const auto outcome : job_outcomes) begin(Family::Migrations, job.job, outcome);
  }
  for (const auto& replica : gauges.replicas) {
    for (const auto result : probe_results) begin(Family::Probes, replica.component, result);
  }
  for (const auto& server : gauges.servers) {
    for (const auto result : probe_results) begin(Family::TrafficProbes, server.component, result);
    begin(Family::BalancerErrors, server.component, "");
  }
}

std::vector<ApplicationMetrics::Value> ApplicationMetrics::gauges_of(One& one, const ports::ApplicationGauges& gauges) {
  std::vector<Value> all;
  all.reserve(3 + gauges.jobs.size() + gauges.replicas.size() + gauges.wanted.size() + gauges.servers.size());
  all.push_back({Family::Phase, word_of(gauges.phase), 0, 0, 1});
  all.push_back({Family::Info, 0, 0, 0, 1});
  if (!gauges.rollout_phase.empty()) {
    const auto began = ports::Seconds{gauges.rollout_phase_began.time_since_epoch()}.count();
    all.push_back({Family::RolloutPhaseStart, word_of(gauges.rollout_phase), 0, 0, began});
  }
  for (const auto& job : gauges.jobs) {
    all.push_back({Family::MigrationState, word_of(job.state), 0, name_of(one, job.job), 1});
  }
  for (const auto& count : gauges.replicas) {
    all.push_back({Family::Replicas, word_of(count.role), word_of(count.state), name_of(one, count.component),
                   static_cast<double>(count.count)});
  }
  for (const auto& count : gauges.wanted) {
    all.push_back({Family::ReplicasWanted, 0, 0, name_of(one, count.component), static_cast<double>(count.count)});
  }
  for (const auto& count : gauges.servers) {
    all.push_back(
        {Family::Servers, word_of(count.state), 0, name_of(one, count.component), static_cast<double>(count.count)});
  }
  return all;
}

void ApplicationMetrics::show(const std::string& application, const ports::ApplicationGauges& gauges) {
  const auto it = one(application);
  const std::lock_guard lock{it->mutex};
  auto values = gauges_of(*it, gauges);
  // Most passes change nothing here.
  const bool is_same = it->gauges == values && it->active_version == gauges.active_version &&
                       it->target_version == gauges.target_version;
  if (is_same) return;
  it->gauges = std::move(values);
  it->active_version = gauges.active_version;
  it->target_version = gauges.target_version;
  begin_counters(*it, gauges);
}

void ApplicationMetrics::forget(const std::string& application) {
  const std::lock_guard lock{mutex_};
  all_.erase(application);
}

void ApplicationMetrics::write_gauge(MetricsText& text, const Value& value, std::string_view application,
                                     const One& one) {
  const auto& as = described_as(value.family);
  const std::string_view name = value.name == 0 ? std::string_view{} : one.names[value.name - 1];
  const auto expand = [&](std::span<const std::string_view> set) {
    for (const auto word : set) {
      text.labels({{"application", application}, {as.named, name}, {as.worded, word}});
      text.sample(word == text_of_word(value.word) ? 1 : 0);
    }
  };
  if (value.family == Family::Phase) return expand(application_phases);
  if (value.family == Family::MigrationState) return expand(job_states);
  if (value.family == Family::Info) {
    text.labels(
        {{"active_version", one.active_version}, {"application", application}, {"target_version", one.target_version}});
  } else {
    text.labels({{"application", application},
                 {as.named, name},
                 {as.worded, text_of_word(value.word)},
                 {as.worded_again, text_of_word(value.second_word)}});
  }
  text.sample(value.value);
}

void ApplicationMetrics::write_family(MetricsText& text, Family family, const std::string& application,
                                      const One& one) {
  const std::lock_guard lock{one.mutex};
  const auto& as = described_as(family);
  const auto& values = as.type == MetricType::Counter ? one.counters : one.gauges;
  for (const auto& value : values) {
    if (value.family == family) write_gauge(text, value, application, one);
  }
  for (const auto& histogram : one.histograms) {
    if (histogram.family != family) continue;
    const std::string_view name = histogram.name == 0 ? std::string_view{} : one.names[histogram.name - 1];
    text.labels({{"application", application}, {as.named, name}, {as.worded, text_of_word(histogram.word)}});
    text.histogram(*as.bounds, histogram.counts, histogram.sum);
  }
}

void ApplicationMetrics::write(MetricsText& text) const {
  std::vector<std::pair<std::string, OnePtr>> all;
  {
    const std::lock_guard lock{mutex_};
    all.assign(all_.begin(), all_.end());
  }
  for (std::size_t i = 0; i < families; ++i) {
    const auto family = static_cast<Family>(i);
    text.begin(described[i].name, described[i].help, described[i].type);
    for (const auto& [application, one] : all) write_family(text, family, application, *one);
  }
}

}  // namespace teal::runtime
