#include "cli/views.hpp"

#include <fmt/format.h>

#include <charconv>

#include "manifests/api/application.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::cli {
namespace {

// "generator-7" → "generator" and 7.
std::optional<std::int64_t> number_after_dash(std::string_view name) {
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto digits = name.substr(dash + 1);
  std::int64_t number = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (failed != std::errc{} || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

}  // namespace

std::optional<std::int64_t> index_of(const ReplicaView& replica) { return number_after_dash(replica.name); }

const ConditionView* ApplicationView::condition(std::string_view type) const {
  for (const auto& each : conditions) {
    if (each.type == type) return &each;
  }
  return nullptr;
}

std::string_view runs_in(const objects::JobStatus& job) {
  if (job.hook == "beforeCutover") return "Verifying";
  if (job.hook == "onRollback") return "RollingBack";
  return job.hook == "afterCutover" || job.phase == "AfterCutover" ? "Retiring" : "Migrating";
}

bool RolloutView::ended() const {
  return phase == "Complete" || phase == "RolledBack" || phase == "Failed" || phase == "Superseded";
}

std::string RolloutView::why() const {
  const auto& said = message.empty() ? reason : message;
  if (failure.empty() || said.find(failure) != std::string::npos) return said;
  return said.empty() ? failure : said + ": " + failure;
}

std::string RolloutView::rollback_text() const {
  return rollback ? fmt::format("back to revision {}, asked for by {}", rollback->to_revision, rollback->by)
                  : std::string{};
}

std::string object_of(const objects::EventObject& event) {
  return event.involved_kind.empty() ? event.involved_name : event.involved_kind + '/' + event.involved_name;
}

ApplicationView read_application(const boost::json::value& value) {
  auto application = wire::taken<objects::ApplicationObject>(value);
  return {
      std::move(application.status),       std::move(application.metadata.name),
      std::move(application.spec.version), application.metadata.generation,
      application.metadata.created,        application.spec.migration.mode == spec::MigrationMode::ApplicationManaged};
}

RolloutView read_rollout(const boost::json::value& value) {
  auto rollout = wire::taken<objects::RolloutObject>(value);
  const auto& name = rollout.metadata.name;
  RolloutView view;
  static_cast<objects::RolloutStatus&>(view) = std::move(rollout.status);
  view.name = name;
  view.application = rollout.spec.application.empty() ? name.substr(0, name.rfind('-')) : rollout.spec.application;
  view.revision = rollout.spec.revision > 0 ? rollout.spec.revision : number_after_dash(name).value_or(0);
  view.generation = rollout.spec.generation;
  return view;
}

objects::EventObject read_event(const boost::json::value& value) {
  auto event = wire::taken<objects::EventObject>(value);
  if (!event.time) event.time = event.metadata.created;
  return event;
}

AuditView read_audit_entry(const boost::json::value& value) { return {wire::taken<objects::AuditObject>(value)}; }

}  // namespace teal::cli
