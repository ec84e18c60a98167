#include <set>

#include "manifests/spec/analysis_query.hpp"
#include "manifests/spec/text_rules.hpp"
#include "manifests/spec/version.hpp"
#include "manifests/validate/rules.hpp"

namespace teal::rules {
namespace {

constexpr std::string_view expected_version = "expected a version of numbers such as 2025.1.9, v1.4.0 or 1.2.0-rc1";

void validate_analysis(const std::vector<spec::Analysis>& analysis, Rules& rules) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < analysis.size(); ++i) {
    const auto& one = analysis[i];
    const auto path = fmt::format("spec.rollout.analysis[{}]", i);
    if (!names.insert(one.name).second) rules.problem(path + ".name", "another analysis has this name already");
    rules.require(!one.query.empty(), path + ".query", "expected a PromQL query, found empty text");
    rules.require(!one.compare_to_old || spec::tells_revisions_apart(one.query), path + ".compareToOld",
                  "a comparison needs $revision or $version in the query, which would else be the same for both");
    if (!one.max && !one.min) {
      rules.problem(path, "an analysis needs a limit: expected max, min or both", path + ".max");
    }
    if (one.max && one.min && *one.min > *one.max) rules.problem(path + ".min", "min is greater than max");
  }
}

void validate_windows(const std::vector<spec::Window>& windows, Rules& rules) {
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const auto path = fmt::format("spec.rollout.windows[{}]", i);
    if (windows[i].from_minute == windows[i].to_minute) {
      rules.problem(path + ".to", "the window has no length: from and to are equal", path + ".from");
    }
    std::set<spec::Weekday> days;
    for (std::size_t d = 0; d < windows[i].days.size(); ++d) {
      if (!days.insert(windows[i].days[d]).second)
        rules.problem(fmt::format("{}.days[{}]", path, d), "this day is given twice");
    }
    rules.require(spec::is_time_zone(windows[i].timezone), path + ".timezone",
                  fmt::format("\"{}\" is not a time zone of this system: expected UTC or a name such as Europe/Berlin "
                              "(package tzdata)",
                              windows[i].timezone));
  }
}

void validate_upgrade_policy(const spec::ApplicationSpec& spec, Rules& rules) {
  const auto& policy = spec.upgrade_policy;
  if ((policy.train || !policy.stops.empty()) && spec::is_image_tag(spec.version) &&
      !spec::parse_version(spec.version)) {
    rules.problem("spec.version",
                  fmt::format("upgradePolicy compares versions, and this is none: {}", expected_version));
  }
}

}  // namespace

void validate_rollout(const spec::ApplicationSpec& spec, Rules& rules) {
  validate_analysis(spec.rollout.analysis, rules);
  validate_windows(spec.rollout.windows, rules);
  validate_upgrade_policy(spec, rules);
}

}  // namespace teal::rules
