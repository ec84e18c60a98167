#include "controllers/rollout/phases.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "controllers/rollout/rules.hpp"

namespace teal {
namespace {

// What holds in a phase.
enum Holds : unsigned {
  nothing = 0,
  old_kept = 1,       // the old revision is kept complete
  way_back = 2,       // giving up leads back to it
  target = 4,         // the target's replicas are wanted
  target_serves = 8,  // … and in the load balancers
};

struct Rule {
  Phase next;
  unsigned holds;
};

struct Row {
  Phase phase;
  Rule blue_green;
  Rule recreate;
};

constexpr unsigned beside = old_kept | way_back;  // the old one serves, and all can be undone
constexpr unsigned both = beside | target;        // the new one comes up beside it
constexpr unsigned alone = way_back | target;     // Recreate: the old one is gone, but can be brought back
constexpr unsigned in_traffic = target | target_serves;

// In the order of Phase.
constexpr std::array<Row, 14> table{{
    {Phase::Pending, {Phase::Preparing, beside}, {Phase::Preparing, beside}},
    {Phase::Preparing, {Phase::Migrating, beside}, {Phase::Withdrawing, beside}},
    {Phase::Migrating, {Phase::Starting, beside}, {Phase::Starting, way_back}},
    {Phase::Starting, {Phase::Introducing, both}, {Phase::Introducing, alone}},
    {Phase::Introducing, {Phase::Verifying, both | target_serves}, {Phase::Verifying, alone | target_serves}},
    {Phase::Verifying, {Phase::Withdrawing, both | target_serves}, {Phase::Complete, alone | target_serves}},
    {Phase::Withdrawing, {Phase::Retiring, in_traffic}, {Phase::Retiring, way_back}},
    {Phase::Retiring, {Phase::Complete, in_traffic}, {Phase::Migrating, way_back}},
    {Phase::Complete, {Phase::Complete, in_traffic}, {Phase::Complete, in_traffic}},
    {Phase::AwaitingApproval, {Phase::AwaitingApproval, nothing}, {Phase::AwaitingApproval, nothing}},
    {Phase::RollingBack, {Phase::RollingBack, old_kept}, {Phase::RollingBack, old_kept}},
    {Phase::RolledBack, {Phase::RolledBack, old_kept}, {Phase::RolledBack, old_kept}},
    {Phase::Failed, {Phase::Failed, old_kept}, {Phase::Failed, old_kept}},
    {Phase::Superseded, {Phase::Superseded, old_kept}, {Phase::Superseded, old_kept}},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].phase != static_cast<Phase>(i)) return false;
  }
  return table.back().phase == Phase::Superseded;
}
static_assert(is_in_order(), "one row a phase, in the order of the enum");

const Rule& rule(Phase phase, Strategy strategy) {
  const auto& row = table[static_cast<std::size_t>(phase)];
  return strategy == Strategy::Recreate ? row.recreate : row.blue_green;
}

// While it waits for approval a rollout stands where it was: before migrating, or at the end of Verifying.
Phase standing(const RolloutRecord& record) {
  if (record.standing.phase != Phase::AwaitingApproval) return record.standing.phase;
  return record.standing.awaiting == Phase::Migrating ? Phase::Preparing : Phase::Verifying;
}

// Once it has cut over, a Recreate ends as a BlueGreen does.
Strategy way_of(const RolloutRecord& record) {
  return has_cut_over(record) ? Strategy::BlueGreen : strategy_of(record);
}

bool holds(const RolloutRecord& record, Holds what) {
  return (rule(standing(record), way_of(record)).holds & what) != 0;
}

}  // namespace

Strategy strategy_of(const RolloutRecord& record) {
  return record.course.strategy.value_or(record.course.target.application.spec.rollout.strategy);
}

Phase phase_after(Phase phase, Strategy strategy) { return rule(phase, strategy).next; }

bool is_last_phase(const RolloutRecord& record) {
  return record.standing.phase == Phase::Retiring && phase_after(record.standing.phase, way_of(record)) == Phase::Complete;
}

bool has_cut_over(const RolloutRecord& record) {
  return record.standing.phase == Phase::Retiring && strategy_of(record) == Strategy::Recreate &&
         has_entered(record, Phase::Verifying);
}

bool keeps_old(const RolloutRecord& record) { return holds(record, old_kept); }

bool has_entered(const RolloutRecord& record, Phase phase) {
  return std::ranges::any_of(record.standing.phases, [&](const PhaseSpan& span) { return span.phase == phase; });
}

bool can_roll_back(const RolloutRecord& record) { return holds(record, way_back); }

bool may_be_retried(const RolloutRecord& record) {
  return record.standing.phase == Phase::RollingBack && record.outcome.settles_as == Phase::RolledBack &&
         rules_of(record).is_undone && !record.orders.retry;
}

Phase ends_as(const RolloutRecord& record) {
  return record.course.active && rules_of(record).is_undone ? Phase::RolledBack : Phase::Failed;
}

bool wants_target(const RolloutRecord& record) { return holds(record, target); }

bool wants_target_registered(const RolloutRecord& record) { return holds(record, target_serves); }

}  // namespace teal
