#include "cli/wait_goal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <vector>

#include "manifests/api/status.hpp"
#include "manifests/spec/phase.hpp"

namespace teal::cli {
namespace {

bool is_of_application(std::string_view phase) { return named<objects::ApplicationPhase>(phase).has_value(); }

// AwaitingApproval is a phase of both, and waited for with the application.
bool is_of_rollout(std::string_view phase) { return named<spec::Phase>(phase) && !is_of_application(phase); }

std::string describe(const RolloutView& rollout) {
  const auto where = fmt::format("{} {}", rollout.name, rollout.phase);
  const auto why = rollout.why();
  return why.empty() ? where : where + ": " + why;
}

std::string describe(const ApplicationView& application) {
  const auto where = fmt::format("{} {}", application.name, application.phase);
  return application.message.empty() ? where : where + ": " + application.message;
}

bool has_passed(const RolloutView& rollout, std::string_view phase) {
  return rollout.phase == phase ||
         std::ranges::any_of(rollout.phases, [&](const objects::PhaseStatus& each) { return each.phase == phase; });
}

// A change that needs no rollout (a new replica count) leaves the latest one at an older generation.
bool is_of_older_generation(const RolloutView& rollout, const ApplicationView& application) {
  return rollout.generation && *rollout.generation < application.generation;
}

Verdict judge_rollout(const Goal& goal, const ApplicationView& application, const std::optional<RolloutView>& rollout) {
  using enum Verdict::Kind;
  if (const auto* accepted = application.condition("ManifestAccepted"); accepted && accepted->status == "False") {
    return {Stuck, fmt::format("the latest manifest is not in force: {}", accepted->message)};
  }
  if (!rollout) return {NotYet, describe(application)};
  if (is_of_older_generation(*rollout, application)) {
    const bool settled = goal.name == "Complete" && application.phase == "Healthy" && rollout->phase == "Complete" &&
                         (!goal.to_version || *goal.to_version == application.active_version);
    return {settled ? Settled : NotYet, describe(application)};
  }
  if (rollout->ended() && !rollout->followed_by.empty()) {
    return {NotYet, fmt::format("{} has ended; its {} is about to begin", rollout->name, rollout->followed_by)};
  }
  // A stop on the way is no goal, unless it is the one that is asked for; when it fails, so does the way.
  const bool is_stop =
      !rollout->final_version.empty() && goal.to_version.value_or(rollout->final_version) == rollout->final_version;
  if (is_stop && goal.name == "Complete") {
    const bool lost = rollout->ended() && rollout->phase != "Complete";
    return {lost ? Lost : NotYet,
            fmt::format("{}, a stop on the way to {}", describe(*rollout), rollout->final_version)};
  }
  if (goal.to_version && *goal.to_version != rollout->to_version) {
    return {NotYet,
            fmt::format("{} is to version {}, not yet to {}", rollout->name, rollout->to_version, *goal.to_version)};
  }
  if (has_passed(*rollout, goal.name)) return {Reached, describe(*rollout)};
  const bool outcome_wanted = goal.name == "RollingBack" || goal.name == "RolledBack" || goal.name == "Failed";
  // The spec went back to what runs: nothing is left to roll out, and teald says so by calling it Healthy. So it does
  // after a rollback that failed, when what serves is what the spec wants: that is not what was asked for.
  const bool reverted = rollout->ended() && rollout->phase != "Complete" && application.phase == "Healthy" &&
                        (!rollout->rollback || rollout->phase == "Superseded");
  if (goal.name == "Complete" && reverted) return {Settled, describe(application)};
  // A rollout without work for a phase skips it.
  if (rollout->phase == "Complete") return {outcome_wanted ? Lost : Reached, describe(*rollout)};
  if (rollout->phase == "Superseded") return {Stuck, describe(*rollout)};
  return {rollout->ended() ? Lost : NotYet, describe(*rollout)};
}

}  // namespace

std::optional<Goal> goal_named(std::string_view text) {
  if (text == "Deleted") return Goal{.kind = Goal::Kind::Deleted, .name = "Deleted", .to_version = {}};
  if (text.starts_with("condition=")) {
    text.remove_prefix(std::string_view{"condition="}.size());
    Goal goal{.kind = Goal::Kind::Condition, .name = std::string{text.substr(0, text.find('='))}, .to_version = {}};
    if (const auto equals = text.find('='); equals != std::string_view::npos) goal.status = text.substr(equals + 1);
    const bool known = goal.status == "True" || goal.status == "False" || goal.status == "Unknown";
    return known && !goal.name.empty() ? std::optional{goal} : std::nullopt;
  }
  const bool of_rollout = is_of_rollout(text);
  if (!of_rollout && !is_of_application(text)) return std::nullopt;
  return Goal{
      .kind = of_rollout ? Goal::Kind::Rollout : Goal::Kind::Application, .name = std::string{text}, .to_version = {}};
}

std::span<const std::string_view> goal_names() {
  static const auto all = [] {
    std::vector<std::string_view> result{name_of(spec::Phase::Complete)};  // what is waited for
    for (const auto phase : words_of<spec::Phase>()) {
      if (is_of_rollout(phase) && phase != result.front()) result.push_back(phase);
    }
    std::ranges::copy(words_of<objects::ApplicationPhase>(), std::back_inserter(result));
    result.emplace_back("Deleted");
    return result;
  }();
  return all;
}

Verdict judge(const Goal& goal, const ApplicationView& application, const std::optional<RolloutView>& rollout) {
  using enum Verdict::Kind;
  if (goal.kind == Goal::Kind::Deleted) return {NotYet, describe(application)};
  if (application.observed_generation < application.generation) {
    return {NotYet,
            fmt::format("{}: teald has not looked at generation {} yet", application.name, application.generation)};
  }
  if (goal.kind == Goal::Kind::Rollout) return judge_rollout(goal, application, rollout);
  if (goal.kind == Goal::Kind::Condition) {
    const auto* condition = application.condition(goal.name);
    return {condition != nullptr && condition->status == goal.status ? Reached : NotYet, describe(application)};
  }
  if (application.phase == goal.name) return {Reached, describe(application)};
  const bool failed = rollout && (rollout->phase == "RolledBack" || rollout->phase == "Failed");
  if (goal.name == "Healthy" && failed && !is_of_older_generation(*rollout, application)) {
    return {Lost, describe(*rollout)};
  }
  return {NotYet, rollout && !rollout->ended() ? describe(*rollout) : describe(application)};
}

}  // namespace teal::cli
