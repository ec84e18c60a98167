#include "daemon/health_monitor_tally.hpp"

#include <algorithm>
#include <utility>

namespace teal::daemon {
namespace {

constexpr int most_in_a_row = 1'000'000;  // beyond every threshold; a count must not overflow in a year of probes

}  // namespace

bool Tally::add(const spec::HealthCheck& check, HealthVerdict verdict) {
  const bool other_words = verdict.answer != answer || verdict.wants_credentials != wants_credentials;
  answer = std::move(verdict.answer);
  body = std::move(verdict.body);
  wants_credentials = verdict.wants_credentials;
  nobody_there = verdict.nobody_there;
  ++probes;
  if (verdict.healthy) {
    failures = 0;
    successes = std::min(successes + 1, most_in_a_row);
    ever = ever || successes >= check.successes;
    return other_words || successes <= check.successes;
  }
  ++failed;
  failed_answer = answer;
  successes = 0;
  failures = std::min(failures + 1, most_in_a_row);
  return other_words || failures <= check.failures;
}

bool Tally::undecided(const spec::HealthCheck& check) const {
  return successes < check.successes && failures < check.failures;
}

void Tally::take() {
  probes = 0;
  failed = 0;
  latency = {};
  failed_answer.clear();
}

}  // namespace teal::daemon
