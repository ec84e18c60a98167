#include "controllers/rollout/deadline.hpp"

#include <fmt/format.h>

#include "controllers/rollout/phases.hpp"
#include "controllers/mutants/mutated.hpp"

namespace teal {
namespace {

constexpr Duration look_again = std::chrono::seconds{1};

}  // namespace

void check_deadline(Pass& pass) {
  const auto& record = pass.next;
  if (!can_roll_back(record) || record.orders.paused || !record.standing.patience.since || mutated("l1-no-deadline")) return;
  const auto deadline = *record.standing.patience.since + pass.spec().rollout.deadline;
  if (pass.now < deadline) return pass.wake_at(deadline);
  if (pass.world.first_look) return pass.wake_in(look_again);
  const auto reason = pass.said();
  pass.fail({Reason::DeadlineExceeded,
             fmt::format("{} made no progress for {}{}{}", to_string(record.standing.phase),
                         format_duration(pass.spec().rollout.deadline), reason.empty() ? "" : ": ", reason)});
}

}  // namespace teal
