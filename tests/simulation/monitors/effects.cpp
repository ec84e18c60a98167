#include "tests/simulation/monitors/effects.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

namespace {

constexpr int EffectCounts::* all_counts[] = {
    &EffectCounts::created,         &EffectCounts::replicas_started, &EffectCounts::migrations_started,
    &EffectCounts::signals,         &EffectCounts::removed,          &EffectCounts::servers_added,
    &EffectCounts::servers_removed, &EffectCounts::first_starts,     &EffectCounts::after_end,
    &EffectCounts::after_illness,   &EffectCounts::after_turn,       &EffectCounts::after_blur,
    &EffectCounts::first_attempts,  &EffectCounts::more_attempts,    &EffectCounts::job_signals,
    &EffectCounts::repeated_signals};
static_assert(sizeof(EffectCounts) == sizeof all_counts / sizeof all_counts[0] * sizeof(int));

}  // namespace

EffectCounts& EffectCounts::operator+=(const EffectCounts& more) {
  for (const auto count : all_counts) this->*count += more.*count;
  return *this;
}

std::string compared(const EffectCounts& calm, const EffectCounts& disturbed) {
  return fmt::format(
      "replicas started: {} without faults, {} with: {} for the first time, and again {} because the one before ended, "
      "{} because it was not well, {} because something else was wanted meanwhile, {} because of calls late or twice\n"
      "migrations and hooks started: {} without faults, {} with: {} for the first time, {} after one that failed\n"
      "signals sent: {} without faults, {} with: of them {} to migrations, {} to who had one that nobody could know of",
      calm.replicas_started, disturbed.replicas_started, disturbed.first_starts, disturbed.after_end,
      disturbed.after_illness, disturbed.after_turn, disturbed.after_blur, calm.migrations_started,
      disturbed.migrations_started, disturbed.first_attempts, disturbed.more_attempts, calm.signals, disturbed.signals,
      disturbed.job_signals, disturbed.repeated_signals);
}

std::vector<std::string> unexplained(const EffectCounts& calm, int calm_standing, const EffectCounts& disturbed,
                                     int disturbed_standing) {
  std::vector<std::string> found;
  const auto check = [&](const char* what, int quiet, int now, int explained) {
    if (now <= quiet + explained) return;
    found.push_back(fmt::format("{} {}, {} in the same story without faults, and {} more are explained", now, what,
                                quiet, explained));
  };
  const auto more = [](int now, int then) { return std::max(0, now - then); };
  check("replicas were started", calm.replicas_started, disturbed.replicas_started,
        more(disturbed.first_starts, calm.first_starts) + disturbed.after_end + disturbed.after_illness +
            disturbed.after_turn + disturbed.after_blur);
  check("migrations were started", calm.migrations_started, disturbed.migrations_started,
        more(disturbed.first_attempts, calm.first_attempts) + disturbed.more_attempts);
  check("signals were sent", calm.signals, disturbed.signals,
        more(disturbed.replicas_started, calm.replicas_started) + more(calm_standing, disturbed_standing) +
            disturbed.job_signals + disturbed.repeated_signals);
  return found;
}

void Monitors::note_start(const test::FakeEngine::Stored& stored) {
  const auto& seen = stored.seen;
  if (seen.role == world::Role::Migrate) return note_attempt(seen);
  auto& slot = slots_[seen.name];
  const auto before = std::exchange(slot, Slot{slot.starts + 1, {}, false, false});
  const bool blurred = before.is_blurred || late_ > 0 || blurred_.contains(seen.id) || blurred_.contains(seen.name);
  if (before.starts == 0) {
    ++counts_.first_starts;
  } else if (blurred) {
    ++counts_.after_blur;
  } else if (!before.stopped_at) {
    ++counts_.after_end;
  } else if (before.was_unwell) {
    ++counts_.after_illness;
  } else if (*before.stopped_at != turns_[seen.application]) {
    ++counts_.after_turn;
  } else {
    report(Promise::Effects, seen.name,
           fmt::format("{} is started again, and nothing has changed since it was stopped", seen.name));
  }
}

void Monitors::note_attempt(const world::Container& seen) {
  const auto* record = models_.store->newest(seen.application);
  const bool is_hook = record && spec::find_hook(record->course.target.application.spec.hooks, seen.unit).has_value();
  const auto what = is_hook ? fmt::format("revision {}", seen.revision) : seen.image_id;
  const bool is_first = attempted_.insert({seen.application, seen.unit, what}).second;
  ++(is_first ? counts_.first_attempts : counts_.more_attempts);
}

void Monitors::note_stop(const test::FakeEngine::Stored& stored) {
  const auto& seen = stored.seen;
  if (seen.role == world::Role::Migrate) return;
  auto& slot = slots_[seen.name];
  slot.is_blurred = slot.is_blurred || late_ > 0 || blurred_.contains(seen.id);
  if (slot.stopped_at) return;
  const auto decided = stops_.find(seen.id);
  slot.stopped_at = decided == stops_.end() ? turns_[seen.application] : decided->second;
  slot.was_unwell = was_unwell(seen.id);
}

}  // namespace teal::simulation
