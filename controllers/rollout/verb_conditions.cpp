#include "controllers/rollout/verb_conditions.hpp"

#include <fmt/format.h>

#include "controllers/values.hpp"
#include "manifests/diff.hpp"

namespace teal {
namespace {

Error not_now(std::string message) { return {ErrorCode::conflict, std::move(message)}; }

// A retry that nothing would begin must not stay on record: until it has begun, nothing else may be asked for.
Result<void> check_retry(const ApplicationRecord& desired, const RolloutRecord& record) {
  const auto& name = record.application;
  const auto& wanted = desired.application.spec;
  if (record.paused && record.failure.empty()) {
    return not_now(fmt::format("retry does not apply to rollout {} ({}): it is paused and has not failed: teal resume "
                                "{} lets it go on",
                                rollout_name(record), to_string(record.phase), name));
  }
  if (!is_terminal(record.phase) && record.phase != Phase::RollingBack) return {};
  if (wanted.suspend) return not_now("spec.suspend is true: nothing starts before it is false");
  const bool goes_back = record.rollback && record.phase != Phase::Complete;  // that is tried again, whatever is wanted
  if (goes_back || !record.active || has_old_values(desired, *record.active)) return {};
  if (classify(record.active->application.spec, wanted) == ChangeKind::NewRevision) return {};
  return not_now(fmt::format("retry does not apply to rollout {} ({}): nothing is left to roll out, since the spec in "
                              "force asks for what runs, {}",
                              rollout_name(record), to_string(record.phase), wanted.version));
}

}  // namespace

Result<void> check_verb(const ApplicationRecord& desired, const RolloutRecord& record, Verb verb) {
  if (desired.deleting) return not_now(fmt::format("application {} is being deleted", desired.application.name));
  return verb == Verb::Retry ? check_retry(desired, record) : Result<void>{};
}

}  // namespace teal
