#include "controllers/records/record.hpp"

#include <fmt/format.h>

#include "manifests/wire/words.hpp"

namespace teal {

std::string_view to_string(Phase phase) { return name_of(phase); }

std::string_view to_string(JobState state) { return name_of(state); }

std::string rollout_name(const RolloutRecord& record) {
  return fmt::format("{}-{}", record.application, record.course.target.number);
}

const ApplicationSpec& placed_by(const RolloutRecord& record) {
  return record.course.active ? record.course.active->application.spec : record.course.target.application.spec;
}

bool is_terminal(Phase phase) {
  switch (phase) {
    case Phase::Complete:
    case Phase::RolledBack:
    case Phase::Failed:
    case Phase::Superseded:
      return true;
    case Phase::Pending:
    case Phase::Preparing:
    case Phase::Migrating:
    case Phase::Starting:
    case Phase::Introducing:
    case Phase::Verifying:
    case Phase::Withdrawing:
    case Phase::Retiring:
    case Phase::AwaitingApproval:
    case Phase::RollingBack:
      return false;
  }
  return false;
}

bool has_old_values(const ApplicationRecord& desired, const Revision& revision) {
  return desired.application.spec.restart_on_change && desired.values.changes != revision.values_changes;
}

}  // namespace teal
