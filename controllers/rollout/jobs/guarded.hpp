// Shared by guard and verdict: the observed state of a guarded job's database. Private to them.
#pragma once

#include <string>

#include "controllers/rollout/jobs/guard.hpp"

namespace teal::rollout {

inline constexpr Duration ask_again = std::chrono::seconds{1};  // what was not answered as hoped for

[[nodiscard]] const DatabaseSeen* seen_of(const JobPass& at);
// What was seen since this rollout began; null: it is not known (any more).
[[nodiscard]] const world::DatabaseView* view_of(const JobPass& at);
[[nodiscard]] bool is_older(const JobPass& at, Duration age);
[[nodiscard]] AskDatabase ask(const JobPass& at, DatabaseStep step);
[[nodiscard]] std::string place(const JobPass& at);
[[nodiscard]] bool is_mine(const JobPass& at, const world::LedgerRow& row);
// The row of the newest attempt.
[[nodiscard]] const world::LedgerRow* own_row(const JobPass& at, const world::DatabaseView& view);
void note_row(const JobPass& at, const world::LedgerRow& row);
// Puts on record who holds the lock, and says when it was lost.
void note_lock(const JobPass& at);

}  // namespace teal::rollout
