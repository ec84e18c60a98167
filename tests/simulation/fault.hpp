// What can go wrong, how often in this seed, and where it did (coverage).
#pragma once

#include <array>
#include <iosfwd>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/records/record.hpp"
#include "tests/simulation/random.hpp"

namespace teal::simulation {

enum class Fault {
  // Of single calls.
  CallFails,
  AnswerLost,
  AnswerLate,
  EffectLate,
  Duplicated,
  StaleRead,
  CannotStart,
  SecretMissing,
  StoreFails,
  StoreConflict,
  StoreAnswerLost,
  CrashBeforeCall,
  CrashAfterCall,
  MissedEvent,
  // At any time.
  ReplicaDies,
  ReplicaHangs,
  ContainerRemoved,
  ExitCodeLies,
  EngineRestarts,
  EngineForgets,
  EngineAway,
  BalancerForgets,
  BalancerRestarts,
  BalancerAway,
  SlotFull,
  HealthFlaps,
  DependencyDown,
  SessionsLinger,
  ClockForward,
  ClockBack,
  Crash,
  StoreAway,
  // Of what is made: versions and attempts.
  SlowHealth,
  NeverHealthy,
  CrashesSoon,
  BreaksLater,
  MigrationFails,
  MigrationHangs,
  MigrationUnknown,
  // Of hooks, when they are made.
  HookFails,
  HookHangs,
  HookUnknown,
  // Of databases, at any time.
  LockLost,
  LockTaken,
  OtherTeal,
  DatabaseAway,
  DatabaseRestarts,
  DatabaseReadOnly,
  DatabaseFull,
  PoolerBetween,
  UserTooStrong,
  // … and when a job has done its work.
  GrantForgotten,
};
inline constexpr std::size_t fault_count = static_cast<std::size_t>(Fault::GrantForgotten) + 1;

// Those that stories without databases and hooks have.
inline constexpr std::size_t plain_faults = static_cast<std::size_t>(Fault::MigrationUnknown) + 1;
[[nodiscard]] constexpr bool is_timed(Fault fault) {
  return (fault >= Fault::ReplicaDies && fault < Fault::SlowHealth) ||
         (fault >= Fault::LockLost && fault < Fault::GrantForgotten);
}

[[nodiscard]] std::string_view to_string(Fault fault);
[[nodiscard]] std::optional<Fault> parse_fault(std::string_view text);

// How often each fault met each phase.
class Coverage {
 public:
  static constexpr std::size_t phases = 15;  // of a rollout, and none
  void hit(Fault fault, std::optional<spec::Phase> phase) {
    ++counts_[phase ? static_cast<std::size_t>(*phase) : phases - 1][static_cast<std::size_t>(fault)];
  }
  void add(const Coverage& other);
  [[nodiscard]] std::uint64_t count(Fault fault, std::size_t phase) const {
    return counts_[phase][static_cast<std::size_t>(fault)];
  }
  [[nodiscard]] std::string table() const;
  // For another process to add to what it has met; false when that is not what `write` has written.
  void write(std::ostream& out) const;
  [[nodiscard]] bool read(std::istream& in);
  // Cells that can be met and were not.
  [[nodiscard]] std::vector<std::string> empty_cells() const;

 private:
  std::array<std::array<std::uint64_t, fault_count>, phases> counts_{};
};

class Faults {
 public:
  using Weights = std::map<Fault, double>;  // 1: as often as usual; not in it: never

  Faults(std::uint64_t seed, Weights weights);

  // Whether this fault strikes now, with the given probability at weight 1.
  [[nodiscard]] bool strikes(Fault fault, double probability, std::optional<spec::Phase> phase);
  // One of those that come at any time, by weight; none when this seed has none.
  [[nodiscard]] std::optional<Fault> any_timed(Random& random) const;
  void struck(Fault fault, std::optional<spec::Phase> phase) {
    coverage.hit(fault, phase);
    ++count;
  }
  [[nodiscard]] Random& stream(Fault fault) { return streams_[static_cast<std::size_t>(fault)]; }
  void set_active(bool active) { active_ = active; }
  [[nodiscard]] bool active() const { return active_; }

  Coverage coverage;
  int count = 0;

 private:
  Weights weights_;
  std::vector<Random> streams_;
  bool active_ = true;
};

}  // namespace teal::simulation
