#include "controllers/records/record.hpp"

#include <fmt/format.h>

namespace teal {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::Pending:
      return "Pending";
    case Phase::Preparing:
      return "Preparing";
    case Phase::Migrating:
      return "Migrating";
    case Phase::Starting:
      return "Starting";
    case Phase::Introducing:
      return "Introducing";
    case Phase::Verifying:
      return "Verifying";
    case Phase::Withdrawing:
      return "Withdrawing";
    case Phase::Retiring:
      return "Retiring";
    case Phase::Complete:
      return "Complete";
    case Phase::AwaitingApproval:
      return "AwaitingApproval";
    case Phase::RollingBack:
      return "RollingBack";
    case Phase::RolledBack:
      return "RolledBack";
    case Phase::Failed:
      return "Failed";
    case Phase::Superseded:
      return "Superseded";
  }
  return "Unknown";
}

std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::NotNeeded:
      return "NotNeeded";
    case JobState::Pending:
      return "Pending";
    case JobState::Running:
      return "Running";
    case JobState::Succeeded:
      return "Succeeded";
    case JobState::Failed:
      return "Failed";
    case JobState::Unknown:
      return "Unknown";
  }
  return "Unknown";
}

std::string rollout_name(const RolloutRecord& record) {
  return fmt::format("{}-{}", record.application, record.target.number);
}

const ApplicationSpec& placed_by(const RolloutRecord& record) {
  return record.active ? record.active->application.spec : record.target.application.spec;
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
