#include "tests/support/load/tally.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace teal::load {
namespace {

namespace json = boost::json;

constexpr std::size_t kept_failures = 10;

double percentile(std::vector<std::uint32_t>& sorted_us, double share) {
  if (sorted_us.empty()) return 0;
  const auto index = static_cast<std::size_t>(share * static_cast<double>(sorted_us.size() - 1));
  return sorted_us[index] / 1000.0;
}

json::object latencies(std::vector<std::uint32_t> us) {
  std::sort(us.begin(), us.end());
  return {{"p50", percentile(us, 0.5)}, {"p99", percentile(us, 0.99)}, {"max", percentile(us, 1)}};
}

json::object counted(const std::map<std::string, std::uint64_t>& counts) {
  json::object object;
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::fresh:
      return "new";
    case Kind::keep_alive:
      return "keep_alive";
    case Kind::slow:
      return "slow";
  }
  return "?";
}

void Tally::add(const Outcome& outcome) {
  const std::lock_guard lock(mutex_);
  Counts& counts = kinds_[outcome.kind];
  ++counts.sent;
  if (!outcome.error.empty()) {
    ++counts.failed;
    ++errors_[outcome.error];
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    if (first_failures_.size() < kept_failures) {
      first_failures_.push_back(
          {std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), outcome.kind, outcome.error});
    }
    return;
  }
  counts.latencies_us.push_back(static_cast<std::uint32_t>(outcome.latency.count()));
  if (!outcome.version.empty()) {
    ++versions_[outcome.version];
    last_version_ = outcome.version;
  }
}

void Tally::reopened() {
  const std::lock_guard lock(mutex_);
  ++reopened_;
}

Tally::Totals Tally::totals() const {
  const std::lock_guard lock(mutex_);
  Totals totals;
  for (const auto& [kind, counts] : kinds_) {
    totals.sent += counts.sent;
    totals.failed += counts.failed;
  }
  totals.last_version = last_version_;
  return totals;
}

std::string Tally::report() const {
  const Totals sums = totals();
  const std::lock_guard lock(mutex_);
  json::object by_kind;
  std::vector<std::uint32_t> quick;
  for (const auto& [kind, counts] : kinds_) {
    by_kind[name_of(kind)] = {
        {"sent", counts.sent}, {"failed", counts.failed}, {"latency_ms", latencies(counts.latencies_us)}};
    // Requests that are slow on purpose would hide what the others saw.
    if (kind != Kind::slow) quick.insert(quick.end(), counts.latencies_us.begin(), counts.latencies_us.end());
  }
  json::array failures;
  for (const auto& failure : first_failures_) {
    failures.push_back({{"unix_ms", failure.unix_ms}, {"kind", name_of(failure.kind)}, {"error", failure.error}});
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - started_;
  const json::object report{
      {"sent", sums.sent},          {"failed", sums.failed},          {"by_kind", by_kind},
      {"errors", counted(errors_)}, {"versions", counted(versions_)}, {"latency_ms", latencies(std::move(quick))},
      {"reopened", reopened_},      {"seconds", elapsed.count()},     {"first_failures", failures}};
  return json::serialize(report);
}

}  // namespace teal::load
