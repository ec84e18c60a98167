// The series of applications. Ten thousand of them have a quarter of a million series, so these are kept as a few bytes
// each, without their labels, and become text in a scrape only.
//
// Changed on one thread, written on any: neither waits for the other longer than one application's lines take.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/ports/telemetry.hpp"
#include "daemon/runtime/metrics_text.hpp"

namespace teal::runtime {

class ApplicationMetrics {
 public:
  enum class Family : std::uint8_t {
    Phase,
    Info,
    Rollouts,
    RolloutDuration,
    RolloutPhaseDuration,
    RolloutPhaseStart,
    Migrations,
    MigrationDuration,
    MigrationState,
    Replicas,
    ReplicasWanted,
    Servers,
    BalancerErrors,
    Probes,
    ProbeDuration,
    TrafficProbes,
    TrafficProbeDuration,
  };
  static constexpr std::size_t families = 17;

  // Replaces the gauges; counters that are not there yet begin at 0, as increase() does not see a series begin with 1.
  void show(const std::string& application, const ports::ApplicationGauges& gauges);
  void forget(const std::string& application);
  // `name`: of the component or job, if the family has that; `word`: of a fixed set, anything else is "other".
  void count(const std::string& application, Family family, std::string_view name, std::string_view word, double more);
  void observe(const std::string& application, Family family, std::string_view name, std::string_view word,
               double value);

  void write(MetricsText& text) const;

 private:
  struct Value {
    Family family{};
    std::uint8_t word = 0;
    std::uint8_t second_word = 0;
    std::uint16_t name = 0;  // in One::names, from 1; 0: none
    double value = 0;

    bool operator==(const Value&) const = default;
  };
  struct Histogram {
    Family family{};
    std::uint8_t word = 0;
    std::uint16_t name = 0;
    std::vector<std::uint64_t> counts;  // of each bucket alone, the last one without a bound
    double sum = 0;
  };
  struct One {
    mutable std::mutex mutex;  // of all that follows, for those who write it; only one thread changes it
    std::vector<std::string> names;
    std::string active_version;
    std::string target_version;
    std::vector<Value> gauges;
    std::vector<Value> counters;
    std::vector<Histogram> histograms;
  };
  using OnePtr = std::shared_ptr<One>;

  [[nodiscard]] OnePtr one(const std::string& application);
  [[nodiscard]] static std::uint16_t name_of(One& one, std::string_view name);
  [[nodiscard]] static Value& counter(One& one, Family family, std::string_view name, std::string_view word);
  static void begin_counters(One& one, const ports::ApplicationGauges& gauges);
  [[nodiscard]] static std::vector<Value> gauges_of(One& one, const ports::ApplicationGauges& gauges);
  static void write_family(MetricsText& text, Family family, const std::string& application, const One& one);
  static void write_gauge(MetricsText& text, const Value& value, std::string_view application, const One& one);

  mutable std::mutex mutex_;  // of the map
  std::map<std::string, OnePtr> all_;
};

}  // namespace teal::runtime
