#include <set>

#include "manifests/analysis_query.hpp"
#include "manifests/text_rules.hpp"
#include "manifests/validate/rules.hpp"
#include "manifests/version.hpp"

namespace teal {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view expected_version = "expected a version of numbers such as 2025.1.9, v1.4.0 or 1.2.0-rc1";

void validate_analysis(const std::vector<Analysis>& analysis, Rules& rules) {
  rules.count(analysis.size(), 50, "spec.rollout.analysis");
  std::set<std::string> names;
  for (std::size_t i = 0; i < analysis.size(); ++i) {
    const auto& one = analysis[i];
    const auto path = fmt::format("spec.rollout.analysis[{}]", i);
    rules.require(is_dns_label(one.name), path + ".name",
                  "expected a name of a-z, 0-9 and -, 1 to 63 characters, not at the ends");
    if (!names.insert(one.name).second) rules.problem(path + ".name", "another analysis has this name already");
    rules.require(!one.query.empty(), path + ".query", "expected a PromQL query, found empty text");
    rules.require(!one.compare_to_old || tells_revisions_apart(one.query), path + ".compareToOld",
                  "a comparison needs $revision or $version in the query, which would else be the same for both");
    if (!one.max && !one.min) {
      rules.problem(path, "an analysis needs a limit: expected max, min or both", path + ".max");
    }
    if (one.max && one.min && *one.min > *one.max) rules.problem(path + ".min", "min is greater than max");
    rules.duration(one.interval, 100ms, path + ".interval");
    rules.range(one.failures, 1, 1000, path + ".failures");
  }
}

void validate_windows(const std::vector<Window>& windows, Rules& rules) {
  rules.count(windows.size(), 100, "spec.rollout.windows");
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto path = fmt::format("spec.rollout.windows[{}]", i);
    if (windows[i].from_minute == windows[i].to_minute) {
      rules.problem(path + ".to", "the window has no length: from and to are equal", path + ".from");
    }
    std::set<Weekday> days;
    for (std::size_t d = 0; d < windows[i].days.size(); ++d) {
      if (!days.insert(windows[i].days[d]).second)
        rules.problem(fmt::format("{}.days[{}]", path, d), "this day is given twice");
    }
    rules.require(is_time_zone(windows[i].timezone), path + ".timezone",
                  fmt::format("\"{}\" is not a time zone of this system: expected UTC or a name such as Europe/Berlin "
                              "(package tzdata)",
                              windows[i].timezone));
  }
}

void validate_upgrade_policy(const ApplicationSpec& spec, Rules& rules) {
  const auto& policy = spec.upgrade_policy;
  if (policy.train) rules.range(*policy.train, 1, 10, "spec.upgradePolicy.train");
  if (policy.acknowledged) {
    rules.require(parse_version(*policy.acknowledged).has_value(), "spec.upgradePolicy.acknowledged", expected_version);
  }
  rules.count(policy.stops.size(), 100, "spec.upgradePolicy.stops");
  for (std::size_t i = 0; i < policy.stops.size(); ++i) {
    rules.require(parse_version(policy.stops[i]).has_value(), fmt::format("spec.upgradePolicy.stops[{}]", i),
                  expected_version);
  }
  if ((policy.train || !policy.stops.empty()) && is_image_tag(spec.version) && !parse_version(spec.version)) {
    rules.problem("spec.version",
                  fmt::format("upgradePolicy compares versions, and this is none: {}", expected_version));
  }
}

}  // namespace

void validate_rollout(const ApplicationSpec& spec, Rules& rules) {
  rules.duration(spec.rollout.bake, 0ms, "spec.rollout.bake");
  rules.duration(spec.rollout.keep_old, 0ms, "spec.rollout.keepOld");
  rules.duration(spec.rollout.deadline, 1s, "spec.rollout.deadline");
  validate_analysis(spec.rollout.analysis, rules);
  validate_windows(spec.rollout.windows, rules);
  validate_upgrade_policy(spec, rules);
}

}  // namespace teal
