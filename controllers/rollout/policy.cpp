#include "controllers/rollout/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/rules.hpp"
#include "manifests/spec/version.hpp"

namespace teal::rollout {
namespace {

UpgradeVerdict blocked(std::string message) {
  UpgradeVerdict verdict;
  verdict.allowed = false;
  verdict.why = {spec::Reason::UpgradeBlocked, std::move(message)};
  return verdict;
}

// A stop of few parts names a train: every version of "16.3" is that stop.
bool is_at(const spec::Version& version, const spec::Version& stop) {
  return compare(version, stop) == 0 || (stop.prerelease.empty() && version.prerelease.empty() &&
                                         spec::same_train(version, stop, static_cast<int>(stop.parts.size())));
}

// The first version that the vendor does not allow to be jumped over.
std::optional<std::string> stop_between(const spec::UpgradePolicy& policy, const spec::Version& from,
                                        const spec::Version& to) {
  std::optional<std::string> first;
  std::optional<spec::Version> lowest;
  for (const auto& text : policy.stops) {
    const auto stop = spec::parse_version(text);
    if (!stop || compare(*stop, from) <= 0 || compare(*stop, to) >= 0 || mutants::mutated("upgrade-stop-jumped"))
      continue;
    if (is_at(from, *stop) || is_at(to, *stop)) continue;
    if (!lowest || compare(*stop, *lowest) < 0) {
      lowest = *stop;
      first = text;
    }
  }
  return first;
}

bool names_its_tag(const spec::ApplicationSpec& spec) { return image_reference(spec) == spec.image; }

bool acknowledged(const spec::UpgradePolicy& policy, const spec::Version& to) {
  if (!policy.acknowledged) return false;
  const auto read = spec::parse_version(*policy.acknowledged);
  return read && spec::same_train(*read, to, policy.train.value_or(1));
}

// Across trains a rollback is refused as well, once the schema was migrated.
std::string way_of_downgrade(const records::RolloutRecord& record, bool is_in_train) {
  const auto& name = record.course.target.application.name;
  if (is_in_train) return fmt::format("teal rollback {} --to-revision N goes back to an earlier revision", name);
  return fmt::format(
      "{} is of another train, to which teal rollback {} leads only if nothing was migrated since: set "
      "spec.version to {} or a newer one",
      record.course.target.application.spec.version, name, record.course.active->application.spec.version);
}

std::string why_not_by_itself(const spec::ApplicationSpec& spec) {
  if (spec.upgrade_policy.hops != spec::Hops::Automatic) return {};
  return fmt::format("; hops: Automatic cannot do it, since spec.image ({}) names its tag or digest itself",
                     spec.image);
}

}  // namespace

UpgradeVerdict upgrade_verdict(const records::RolloutRecord& record) {
  const auto& spec = record.course.target.application.spec;
  const auto& policy = spec.upgrade_policy;
  const auto allowed = [&](spec::Strategy strategy, std::string message) {
    return UpgradeVerdict{true, {spec::Reason::UpgradeAllowed, std::move(message)}, strategy};
  };
  const auto usual = spec.rollout.strategy;
  if (!record.course.active) return allowed(usual, "first installation");
  if (!policy.train && policy.stops.empty()) return allowed(usual, "no upgradePolicy is set");
  const auto& from_text = record.course.active->application.spec.version;
  if (from_text == spec.version) return allowed(usual, "the version stays the same");
  const auto from = spec::parse_version(from_text);
  const auto to = spec::parse_version(spec.version);
  if (!from) return blocked(within("the active version", from.error()).message);
  if (!to) return blocked(within("spec.version", to.error()).message);
  if (compare(*to, *from) < 0 && rules_of(record).asks_leave) {
    return blocked(fmt::format(
        "{} is older than {}: a downgrade is refused, since migrations are never undone; {}", spec.version, from_text,
        way_of_downgrade(record, !policy.train || policy.outside_train == spec::OutsideTrain::BlueGreen ||
                                     spec::same_train(*from, *to, *policy.train))));
  }
  if (const auto stop = stop_between(policy, *from, *to)) {
    return blocked(
        fmt::format("{} must not be skipped on the way from {} to {}: go to {} first (set spec.version to "
                    "\"{}\"){}",
                    *stop, from_text, spec.version, *stop, *stop, why_not_by_itself(spec)));
  }
  if (!policy.train) return allowed(usual, "no required stop lies between");
  if (spec::same_train(*from, *to, *policy.train)) {
    return allowed(usual, fmt::format("within the train (the first {} version parts are equal)", *policy.train));
  }
  // Whoever read the notes of the version that all the stops lead to means the way there too.
  const auto goal = spec::parse_version(record.course.final_version);
  const bool is_goal_known = !record.course.final_version.empty() && goal && acknowledged(policy, *goal);
  if (is_goal_known || acknowledged(policy, *to)) {
    return allowed(usual, fmt::format("outside the train, acknowledged as \"{}\"", *policy.acknowledged));
  }
  switch (policy.outside_train) {
    case spec::OutsideTrain::BlueGreen:
      return allowed(usual, "outside the train, which outsideTrain: BlueGreen allows");
    case spec::OutsideTrain::Recreate:
      return allowed(mutants::mutated("upgrade-train-left") ? usual : spec::Strategy::Recreate,
                     "outside the train, so Recreate: the old version stops before the new starts");
    case spec::OutsideTrain::Block:
      break;
  }
  return blocked(
      fmt::format("{} → {} leaves the train (the first {} version parts differ), in which the vendor promises "
                  "that old and new run side by side: read the release notes, then set "
                  "spec.upgradePolicy.acknowledged to \"{}\"",
                  from_text, spec.version, *policy.train,
                  record.course.final_version.empty() ? spec.version : record.course.final_version));
}

spec::Application next_hop(const spec::Application& wanted, const std::optional<records::Revision>& active) {
  auto next = wanted;
  const auto& policy = wanted.spec.upgrade_policy;
  if (policy.hops != spec::Hops::Automatic || !active || names_its_tag(wanted.spec)) return next;
  const auto from = spec::parse_version(active->application.spec.version);
  const auto to = spec::parse_version(wanted.spec.version);
  if (!from || !to) return next;
  if (const auto stop = stop_between(policy, *from, *to)) next.spec.version = *stop;
  return next;
}

std::vector<std::string> versions_on_the_way(const spec::Application& wanted,
                                             const std::optional<records::Revision>& active) {
  std::vector<std::string> versions;
  auto at = active;
  do {
    const auto next = next_hop(wanted, at);
    versions.push_back(next.spec.version);
    if (at) at->application = next;
  } while (versions.back() != wanted.spec.version);
  return versions;
}

}  // namespace teal::rollout
