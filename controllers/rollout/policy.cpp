#include "controllers/rollout/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "manifests/version.hpp"

namespace teal {
namespace {

UpgradeVerdict blocked(std::string message) {
  UpgradeVerdict verdict;
  verdict.allowed = false;
  verdict.why = {"UpgradeBlocked", std::move(message)};
  return verdict;
}

// The first version that the vendor does not allow to be jumped over.
std::optional<std::string> stop_between(const UpgradePolicy& policy, const Version& from, const Version& to) {
  std::optional<std::string> first;
  std::optional<Version> lowest;
  for (const auto& text : policy.stops) {
    const auto stop = parse_version(text);
    if (!stop || compare(*stop, from) <= 0 || compare(*stop, to) >= 0) continue;
    if (!lowest || compare(*stop, *lowest) < 0) {
      lowest = *stop;
      first = text;
    }
  }
  return first;
}

bool acknowledged(const UpgradePolicy& policy, const Version& to) {
  if (!policy.acknowledged) return false;
  const auto read = parse_version(*policy.acknowledged);
  return read && same_train(*read, to, policy.train.value_or(1));
}

}  // namespace

UpgradeVerdict upgrade_verdict(const RolloutRecord& record) {
  UpgradeVerdict verdict;
  const auto& spec = record.target.application.spec;
  const auto& policy = spec.upgrade_policy;
  verdict.strategy = spec.rollout.strategy;
  if (!record.active || (!policy.train && policy.stops.empty())) return verdict;
  const auto& from_text = record.active->application.spec.version;
  if (from_text == spec.version) return verdict;
  const auto from = parse_version(from_text);
  const auto to = parse_version(spec.version);
  if (!from) return blocked(within("the active version", from.error()).message);
  if (!to) return blocked(within("spec.version", to.error()).message);
  if (const auto stop = stop_between(policy, *from, *to)) {
    return blocked(fmt::format("{} may not be jumped over on the way from {} to {}: set spec.version to {} first",
                               *stop, from_text, spec.version, *stop));
  }
  if (!policy.train || same_train(*from, *to, *policy.train) || acknowledged(policy, *to)) return verdict;
  switch (policy.outside_train) {
    case OutsideTrain::BlueGreen:
      return verdict;
    case OutsideTrain::Recreate:
      verdict.strategy = Strategy::Recreate;
      return verdict;
    case OutsideTrain::Block:
      break;
  }
  return blocked(
      fmt::format("{} → {} leaves the train (the first {} version parts differ), in which the vendor promises "
                  "that old and new run side by side: read the release notes, then set "
                  "spec.upgradePolicy.acknowledged to \"{}\"",
                  from_text, spec.version, *policy.train, spec.version));
}

}  // namespace teal
