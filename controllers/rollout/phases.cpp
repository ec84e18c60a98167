#include "controllers/rollout/phases.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "controllers/rollout/rules.hpp"

namespace teal::rollout {
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
  spec::Phase next;
  unsigned holds;
};

struct Row {
  spec::Phase phase;
  Rule blue_green;
  Rule recreate;
};

constexpr unsigned beside = old_kept | way_back;  // the old one serves, and all can be undone
constexpr unsigned both = beside | target;        // the new one comes up beside it
constexpr unsigned alone = way_back | target;     // Recreate: the old one is gone, but can be brought back
constexpr unsigned in_traffic = target | target_serves;

// In the order of Phase.
constexpr std::array<Row, 14> table{{
    {spec::Phase::Pending, {spec::Phase::Preparing, beside}, {spec::Phase::Preparing, beside}},
    {spec::Phase::Preparing, {spec::Phase::Migrating, beside}, {spec::Phase::Withdrawing, beside}},
    {spec::Phase::Migrating, {spec::Phase::Starting, beside}, {spec::Phase::Starting, way_back}},
    {spec::Phase::Starting, {spec::Phase::Introducing, both}, {spec::Phase::Introducing, alone}},
    {spec::Phase::Introducing,
     {spec::Phase::Verifying, both | target_serves},
     {spec::Phase::Verifying, alone | target_serves}},
    {spec::Phase::Verifying,
     {spec::Phase::Withdrawing, both | target_serves},
     {spec::Phase::Complete, alone | target_serves}},
    {spec::Phase::Withdrawing, {spec::Phase::Retiring, in_traffic}, {spec::Phase::Retiring, way_back}},
    {spec::Phase::Retiring, {spec::Phase::Complete, in_traffic}, {spec::Phase::Migrating, way_back}},
    {spec::Phase::Complete, {spec::Phase::Complete, in_traffic}, {spec::Phase::Complete, in_traffic}},
    {spec::Phase::AwaitingApproval, {spec::Phase::AwaitingApproval, nothing}, {spec::Phase::AwaitingApproval, nothing}},
    {spec::Phase::RollingBack, {spec::Phase::RollingBack, old_kept}, {spec::Phase::RollingBack, old_kept}},
    {spec::Phase::RolledBack, {spec::Phase::RolledBack, old_kept}, {spec::Phase::RolledBack, old_kept}},
    {spec::Phase::Failed, {spec::Phase::Failed, old_kept}, {spec::Phase::Failed, old_kept}},
    {spec::Phase::Superseded, {spec::Phase::Superseded, old_kept}, {spec::Phase::Superseded, old_kept}},
}};

constexpr bool is_in_order() {
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].phase != static_cast<spec::Phase>(i)) return false;
  }
  return table.back().phase == spec::Phase::Superseded;
}
static_assert(is_in_order(), "one row a phase, in the order of the enum");

const Rule& rule(spec::Phase phase, spec::Strategy strategy) {
  const auto& row = table[static_cast<std::size_t>(phase)];
  return strategy == spec::Strategy::Recreate ? row.recreate : row.blue_green;
}

// While it waits for approval a rollout stands where it was: before migrating, or at the end of Verifying.
spec::Phase standing(const records::RolloutRecord& record) {
  if (record.standing.phase != spec::Phase::AwaitingApproval) return record.standing.phase;
  return record.standing.awaiting == spec::Phase::Migrating ? spec::Phase::Preparing : spec::Phase::Verifying;
}

// Once it has cut over, a Recreate ends as a BlueGreen does.
spec::Strategy way_of(const records::RolloutRecord& record) {
  return has_cut_over(record) ? spec::Strategy::BlueGreen : strategy_of(record);
}

bool holds(const records::RolloutRecord& record, Holds what) {
  return (rule(standing(record), way_of(record)).holds & what) != 0;
}

}  // namespace

spec::Strategy strategy_of(const records::RolloutRecord& record) {
  return record.course.strategy.value_or(record.course.target.application.spec.rollout.strategy);
}

spec::Phase phase_after(spec::Phase phase, spec::Strategy strategy) { return rule(phase, strategy).next; }

bool is_last_phase(const records::RolloutRecord& record) {
  return record.standing.phase == spec::Phase::Retiring &&
         phase_after(record.standing.phase, way_of(record)) == spec::Phase::Complete;
}

bool has_cut_over(const records::RolloutRecord& record) {
  return record.standing.phase == spec::Phase::Retiring && strategy_of(record) == spec::Strategy::Recreate &&
         has_entered(record, spec::Phase::Verifying);
}

bool keeps_old(const records::RolloutRecord& record) { return holds(record, old_kept); }

bool has_entered(const records::RolloutRecord& record, spec::Phase phase) {
  return std::ranges::any_of(record.standing.phases,
                             [&](const records::PhaseSpan& span) { return span.phase == phase; });
}

bool is_before(const records::RolloutRecord& record, spec::Phase phase) {
  const auto way = way_of(record);
  auto at = standing(record);
  for (auto next = rule(at, way).next; next != at; next = rule(at, way).next) {
    if (next == phase) return true;
    at = next;
  }
  return false;
}

bool is_still_preparing(const records::RolloutRecord& record) {
  return is_before(record, phase_after(spec::Phase::Preparing, way_of(record)));
}

bool can_roll_back(const records::RolloutRecord& record) { return holds(record, way_back); }

bool may_be_retried(const records::RolloutRecord& record) {
  return record.standing.phase == spec::Phase::RollingBack && record.outcome.settles_as == spec::Phase::RolledBack &&
         rules_of(record).is_undone && !record.orders.retry;
}

spec::Phase ends_as(const records::RolloutRecord& record) {
  return record.course.active && rules_of(record).is_undone ? spec::Phase::RolledBack : spec::Phase::Failed;
}

bool wants_target(const records::RolloutRecord& record) { return holds(record, target); }

bool wants_target_registered(const records::RolloutRecord& record) { return holds(record, target_serves); }

}  // namespace teal::rollout
