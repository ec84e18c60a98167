#include "controllers/records/record.hpp"

#include <fmt/format.h>

#include "manifests/foundation/words.hpp"

namespace teal::records {

std::string_view to_string(JobState state) { return name_of(state); }

std::string rollout_name(const RolloutRecord& record) {
  return fmt::format("{}-{}", record.application, record.course.target.number);
}

const spec::ApplicationSpec& placed_by(const RolloutRecord& record) {
  return record.course.active ? record.course.active->application.spec : record.course.target.application.spec;
}

bool is_terminal(spec::Phase phase) {
  switch (phase) {
    case spec::Phase::Complete:
    case spec::Phase::RolledBack:
    case spec::Phase::Failed:
    case spec::Phase::Superseded:
      return true;
    case spec::Phase::Pending:
    case spec::Phase::Preparing:
    case spec::Phase::Migrating:
    case spec::Phase::Starting:
    case spec::Phase::Introducing:
    case spec::Phase::Verifying:
    case spec::Phase::Withdrawing:
    case spec::Phase::Retiring:
    case spec::Phase::AwaitingApproval:
    case spec::Phase::RollingBack:
      return false;
  }
  return false;
}

bool has_old_values(const ApplicationRecord& desired, const Revision& revision) {
  return desired.application.spec.restart_on_change && desired.values.changes != revision.values_changes;
}

}  // namespace teal::records
