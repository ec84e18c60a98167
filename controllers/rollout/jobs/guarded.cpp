#include "controllers/rollout/jobs/guarded.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::rollout {

const DatabaseSeen* seen_of(const JobPass& at) {
  const auto found = at.pass.world.databases.find(at.job.name);
  const bool is_known =
      found != at.pass.world.databases.end() && found->second.revision == at.pass.next.course.target.number;
  return is_known ? &found->second : nullptr;
}

// What was seen since this rollout began; none: it is not known (any more).
const world::DatabaseView* view_of(const JobPass& at) {
  const auto* seen = seen_of(at);
  return seen && seen->view && seen->view_at >= at.pass.next.started_at ? &*seen->view : nullptr;
}

bool is_older(const JobPass& at, Duration age) {
  const auto* seen = seen_of(at);
  return seen == nullptr || !seen->view || at.pass.now >= seen->view_at + age || at.pass.now < seen->view_at;
}

AskDatabase ask(const JobPass& at, DatabaseStep step) {
  AskDatabase action;
  action.step = step;
  action.revision = at.pass.next.course.target.number;
  action.job = at.job.name;
  action.attempt = at.record.attempts;
  return action;
}

std::string place(const JobPass& at) { return world::place_of(*at.job.database); }

bool is_mine(const JobPass& at, const world::LedgerRow& row) { return row.owner == seen_of(at)->owner; }

const world::LedgerRow* own_row(const JobPass& at, const world::DatabaseView& view) {
  const auto found = std::ranges::find_if(view.rows, [&](const world::LedgerRow& row) {
    return is_mine(at, row) && row.revision == at.pass.next.course.target.number && row.attempt == at.record.attempts &&
           row.image_digest == at.pass.next.course.target.image_digest;
  });
  return found == view.rows.end() ? nullptr : &*found;
}

void note_row(const JobPass& at, const world::LedgerRow& row) {
  auto& known = at.record.database;
  known.ledger_row = row.id;
  known.outcome = row.outcome ? to_string(*row.outcome) : "";
  known.fingerprint_before = row.fingerprint_before;
  known.fingerprint_after = row.fingerprint_after;
}

// Puts on record who holds the lock, and says when it was lost.
void note_lock(const JobPass& at) {
  auto& known = at.record.database;
  const auto* view = view_of(at);
  if (view == nullptr) {
    const bool away =
        std::ranges::any_of(std::initializer_list{DatabaseStep::Look, DatabaseStep::Lock},
                            [&](DatabaseStep step) { return at.pass.world.failures.contains(key(ask(at, step))); });
    if (!away || !known.locked) return;
    known.locked = false;
    at.pass.warning(spec::Reason::MigrationLockLost,
                    fmt::format("the connection that holds the migration lock on {} is lost; the job is left alone, "
                                "the lock is taken again as soon as possible",
                                place(at)));
    return;
  }
  const auto holder = view->holder ? to_string(*view->holder) : std::string{};
  if (known.locked && !view->held) {
    at.pass.warning(spec::Reason::MigrationLockLost,
                    fmt::format("the migration lock on {} is lost{}", place(at),
                                holder.empty() ? std::string{"; taking it again"} : ": it is held by " + holder));
  } else if (!known.locked && view->held) {
    at.pass.event(spec::Reason::MigrationLockTaken, fmt::format("the migration lock on {} is taken", place(at)));
  }
  if (!holder.empty() && holder != known.holder) {
    at.pass.event(spec::Reason::MigrationLockHeld,
                  fmt::format("the migration lock on {} is held by {}", place(at), holder));
  }
  known.locked = view->held;
  known.holder = holder;
  if (const auto* row = own_row(at, *view); row && at.record.attempts > 0) note_row(at, *row);
}

}  // namespace teal::rollout
