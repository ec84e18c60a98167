#include "cli/failure_lines.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::cli {
namespace {

bool has_job(const RolloutView& rollout, std::string_view state) {
  return std::ranges::any_of(rollout.migration, [&](const auto& job) { return job.state == state; });
}

std::string happened_text(const ApplicationView& application, const RolloutView& rollout) {
  auto wanted = rollout.to_version;
  if (application.active_version == wanted) wanted = fmt::format("revision {} ({})", rollout.revision, wanted);
  if (!rollout.final_version.empty()) wanted += fmt::format(" (a stop on the way to {})", rollout.final_version);
  if (rollout.rollback) return fmt::format("the rollback to {} failed: {}", wanted, rollout.failure);
  if (rollout.phase == "RolledBack") return fmt::format("{} was rolled back: {}", wanted, rollout.failure);
  if (application.active_version.empty()) return fmt::format("{} could not be installed: {}", wanted, rollout.failure);
  return fmt::format("{} failed: {}", wanted, rollout.failure);
}

// Migrations are never undone.
std::string schema_text(const ApplicationView& application, const RolloutView& rollout) {
  const auto& to = rollout.to_version;
  if (has_job(rollout, "Succeeded")) return fmt::format("the schema stays as {} migrated it", to);
  const bool tried = std::ranges::any_of(rollout.migration, [](const auto& job) { return job.attempts > 0; });
  const bool started = std::ranges::any_of(rollout.phases, [](const auto& each) { return each.phase == "Starting"; });
  if (tried || (application.migrates_itself && started))
    return fmt::format("what {} may have changed in the schema stays", to);
  if (has_job(rollout, "NotNeeded") && rollout.from_version != to && !rollout.rollback)
    return fmt::format("the schema stays as it was migrated for {} before", to);
  return {};
}

std::string now_text(const ApplicationView& application, const RolloutView& rollout) {
  if (application.active_version.empty()) return "nothing serves";
  std::int64_t ready = 0;
  std::int64_t desired = 0;
  bool whole = true;
  for (const auto& component : application.components) {
    ready += component.ready;
    desired += component.desired;
    whole = whole && component.ready >= component.desired;
  }
  auto text = fmt::format("{} {}, {} of {} replicas ready", application.active_version,
                          whole ? "serves" : "is to serve", ready, desired);
  const auto* progress = application.condition("Progressing");
  const bool is_news = progress != nullptr && !progress->message.empty() &&
                       rollout.failure.find(progress->message) == std::string::npos &&
                       progress->message.find(rollout.failure) == std::string::npos;
  if (!whole && is_news) text += ": " + progress->message;
  if (const auto schema = schema_text(application, rollout); !schema.empty()) text += "; " + schema;
  return text;
}

std::string to_do_text(const ApplicationView& application, const RolloutView& rollout) {
  const auto& name = application.name;
  const bool unknown = has_job(rollout, "Unknown");
  auto text = fmt::format("teal logs {}{} shows more; then change the spec, or teal retry {}{}", name,
                          unknown || has_job(rollout, "Failed") ? " --migration" : "", name,
                          unknown ? fmt::format(" --confirm {}, once you have seen what the job left", name) : "");
  if (application.phase == "Suspended") text += "; nothing starts before spec.suspend is false";
  return text;
}

}  // namespace

std::optional<FailureLines> failure_lines(const ApplicationView& application,
                                          const std::optional<RolloutView>& rollout) {
  if (!rollout || rollout->failure.empty() || !rollout->followed_by.empty()) return std::nullopt;
  if (rollout->phase != "RolledBack" && rollout->phase != "Failed") return std::nullopt;
  if (application.message.find(rollout->failure) == std::string::npos) return std::nullopt;
  return FailureLines{happened_text(application, *rollout), now_text(application, *rollout),
                      to_do_text(application, *rollout)};
}

}  // namespace teal::cli
