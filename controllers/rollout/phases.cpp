#include "controllers/rollout/phases.hpp"

namespace teal {
namespace {

// While it waits for approval a rollout stands where it was: before migrating, or at the end of Verifying.
Phase standing(const RolloutRecord& record) {
  if (record.phase != Phase::AwaitingApproval) return record.phase;
  return record.awaiting == Phase::Migrating ? Phase::Preparing : Phase::Verifying;
}

Phase after_in_place(Phase phase) {
  switch (phase) {
    case Phase::Pending:
      return Phase::Preparing;
    case Phase::Preparing:
      return Phase::Migrating;
    case Phase::Migrating:
      return Phase::Starting;
    case Phase::Starting:
      return Phase::Introducing;
    case Phase::Introducing:
      return Phase::Verifying;
    case Phase::Verifying:
      return Phase::Withdrawing;
    case Phase::Withdrawing:
      return Phase::Retiring;
    case Phase::Retiring:
      return Phase::Complete;
    case Phase::Complete:
    case Phase::AwaitingApproval:
    case Phase::RollingBack:
    case Phase::RolledBack:
    case Phase::Failed:
    case Phase::Superseded:
      return phase;
  }
  return phase;
}

}  // namespace

Strategy strategy_of(const RolloutRecord& record) {
  return record.strategy.value_or(record.target.application.spec.rollout.strategy);
}

Phase phase_after(Phase phase, Strategy strategy) {
  if (strategy == Strategy::Recreate) {
    if (phase == Phase::Preparing) return Phase::Withdrawing;
    if (phase == Phase::Retiring) return Phase::Migrating;
    if (phase == Phase::Verifying) return Phase::Complete;
  }
  return after_in_place(phase);
}

bool keeps_old(const RolloutRecord& record) {
  const bool recreate = strategy_of(record) == Strategy::Recreate;
  switch (standing(record)) {
    case Phase::Pending:
    case Phase::Preparing:
    case Phase::RollingBack:
    case Phase::RolledBack:
    case Phase::Failed:
    case Phase::Superseded:
      return true;
    case Phase::Migrating:
    case Phase::Starting:
    case Phase::Introducing:
    case Phase::Verifying:
      return !recreate;
    case Phase::Withdrawing:
    case Phase::Retiring:
    case Phase::Complete:
    case Phase::AwaitingApproval:
      return false;
  }
  return false;
}

bool can_roll_back(const RolloutRecord& record) {
  const bool recreate = strategy_of(record) == Strategy::Recreate;
  switch (standing(record)) {
    case Phase::Pending:
    case Phase::Preparing:
    case Phase::Migrating:
    case Phase::Starting:
    case Phase::Introducing:
    case Phase::Verifying:
      return true;
    case Phase::Withdrawing:
    case Phase::Retiring:
      return recreate;  // the new version has not served yet
    case Phase::Complete:
    case Phase::AwaitingApproval:
    case Phase::RollingBack:
    case Phase::RolledBack:
    case Phase::Failed:
    case Phase::Superseded:
      return false;
  }
  return false;
}

bool wants_target(const RolloutRecord& record) {
  const bool recreate = strategy_of(record) == Strategy::Recreate;
  switch (standing(record)) {
    case Phase::Starting:
    case Phase::Introducing:
    case Phase::Verifying:
    case Phase::Complete:
      return true;
    case Phase::Withdrawing:
    case Phase::Retiring:
      return !recreate;
    case Phase::Pending:
    case Phase::Preparing:
    case Phase::Migrating:
    case Phase::AwaitingApproval:
    case Phase::RollingBack:
    case Phase::RolledBack:
    case Phase::Failed:
    case Phase::Superseded:
      return false;
  }
  return false;
}

bool wants_target_registered(const RolloutRecord& record) {
  return wants_target(record) && standing(record) != Phase::Starting;
}

}  // namespace teal
