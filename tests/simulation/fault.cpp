#include "tests/simulation/fault.hpp"

#include <fmt/format.h>

#include <istream>
#include <ostream>

namespace teal::simulation {

namespace {

constexpr std::array<std::string_view, fault_count> fault_names{
    "CallFails",      "AnswerLost",     "AnswerLate",       "EffectLate",      "Duplicated",       "StaleRead",
    "CannotStart",    "SecretMissing",  "StoreFails",       "StoreConflict",   "StoreAnswerLost",  "CrashBeforeCall",
    "CrashAfterCall", "MissedEvent",    "ReplicaDies",      "ReplicaHangs",    "ContainerRemoved", "ExitCodeLies",
    "EngineRestarts", "EngineForgets",  "EngineAway",       "BalancerForgets", "BalancerRestarts", "BalancerAway",
    "SlotFull",       "HealthFlaps",    "DependencyDown",   "SessionsLinger",  "ClockForward",     "ClockBack",
    "Crash",          "StoreAway",      "SlowHealth",       "NeverHealthy",    "CrashesSoon",      "BreaksLater",
    "MigrationFails", "MigrationHangs", "MigrationUnknown", "HookFails",       "HookHangs",        "HookUnknown",
    "LockLost",       "LockTaken",      "OtherTeal",        "DatabaseAway",    "DatabaseRestarts", "DatabaseReadOnly",
    "DatabaseFull",   "PoolerBetween",  "UserTooStrong",    "GrantForgotten"};

std::string_view phase_name(std::size_t phase) {
  return phase + 1 == Coverage::phases ? "none yet" : to_string(static_cast<spec::Phase>(phase));
}

bool is_one_of(Fault fault, std::initializer_list<Fault> some) {
  for (const auto one : some) {
    if (one == fault) return true;
  }
  return false;
}

bool is_phase(std::size_t phase, std::initializer_list<spec::Phase> some) {
  for (const auto one : some) {
    if (static_cast<std::size_t>(one) == phase) return true;
  }
  return false;
}

// Whether a run of thousands of stories has to have met this. Not demanded are what cannot be, and what needs two rare
// things within the same moment: Superseded, Pending and Preparing last for milliseconds unless something holds them.
bool is_possible(Fault fault, std::size_t phase) {
  if (is_phase(phase, {spec::Phase::Superseded, spec::Phase::Pending, spec::Phase::Preparing}) ||
      phase + 1 == Coverage::phases) {
    return is_phase(phase, {spec::Phase::Pending, spec::Phase::Preparing}) &&
           is_one_of(fault, {Fault::CallFails, Fault::AnswerLost, Fault::AnswerLate, Fault::StaleRead,
                             Fault::StoreFails, Fault::StoreConflict});
  }
  // Both need a side effect, of which these phases have many.
  if (is_one_of(fault, {Fault::EffectLate, Fault::Duplicated})) {
    return is_phase(phase, {spec::Phase::Migrating, spec::Phase::Starting, spec::Phase::Introducing,
                            spec::Phase::Retiring, spec::Phase::Complete, spec::Phase::RollingBack});
  }
  // Migrations begin in one phase, their post-deployment step in another; a lock is held no longer than they run.
  if (is_one_of(fault, {Fault::MigrationFails, Fault::MigrationHangs, Fault::MigrationUnknown, Fault::LockLost,
                        Fault::GrantForgotten}))
    return is_phase(phase, {spec::Phase::Migrating, spec::Phase::Retiring});
  if (is_one_of(fault, {Fault::HookFails, Fault::HookHangs, Fault::HookUnknown}))
    return is_phase(phase,
                    {spec::Phase::Migrating, spec::Phase::Verifying, spec::Phase::Retiring, spec::Phase::RollingBack});
  // A container is created, and with it what it will be like: new ones, or dead ones anew.
  if (is_one_of(fault, {Fault::SlowHealth, Fault::NeverHealthy, Fault::CrashesSoon, Fault::BreaksLater,
                        Fault::CannotStart, Fault::SecretMissing}))
    return is_phase(phase, {spec::Phase::Starting, spec::Phase::Complete});
  // After a first installation that failed nothing is left that could end or be changed.
  if (is_phase(phase, {spec::Phase::Failed}))
    return !is_one_of(fault, {Fault::ReplicaDies, Fault::ReplicaHangs, Fault::ContainerRemoved, Fault::ExitCodeLies,
                              Fault::HealthFlaps, Fault::MissedEvent});
  return true;
}

}  // namespace

std::string_view to_string(Fault fault) { return fault_names[static_cast<std::size_t>(fault)]; }

std::optional<Fault> parse_fault(std::string_view text) {
  for (std::size_t i = 0; i < fault_count; ++i) {
    if (fault_names[i] == text) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

void Coverage::write(std::ostream& out) const {
  for (const auto& phase : counts_) {
    for (const auto count : phase) out << count << '\n';
  }
}

bool Coverage::read(std::istream& in) {
  for (auto& phase : counts_) {
    for (auto& count : phase) {
      if (!(in >> count)) return false;
    }
  }
  return (in >> std::ws).eof();
}

void Coverage::add(const Coverage& other) {
  for (std::size_t p = 0; p < phases; ++p) {
    for (std::size_t f = 0; f < fault_count; ++f) counts_[p][f] += other.counts_[p][f];
  }
}

std::string Coverage::table() const {
  std::string text = fmt::format("{:17}", "");
  for (std::size_t p = 0; p < phases; ++p) text += fmt::format("{:>11.10}", phase_name(p));
  for (std::size_t f = 0; f < fault_count; ++f) {
    text += fmt::format("\n{:17}", fault_names[f]);
    for (std::size_t p = 0; p < phases; ++p) {
      const auto fault = static_cast<Fault>(f);
      text += counts_[p][f] == 0 && !is_possible(fault, p) ? fmt::format("{:>11}", "-")
                                                           : fmt::format("{:>11}", counts_[p][f]);
    }
  }
  return text;
}

std::vector<std::string> Coverage::empty_cells() const {
  std::vector<std::string> empty;
  for (std::size_t p = 0; p < phases; ++p) {
    for (std::size_t f = 0; f < fault_count; ++f) {
      if (counts_[p][f] == 0 && is_possible(static_cast<Fault>(f), p))
        empty.push_back(fmt::format("{} in {}", fault_names[f], phase_name(p)));
    }
  }
  return empty;
}

Faults::Faults(std::uint64_t seed, Weights weights) : weights_(std::move(weights)) {
  for (std::size_t i = 0; i < fault_count; ++i) streams_.emplace_back(seed, 1000 + i);
}

bool Faults::strikes(Fault fault, double probability, std::optional<spec::Phase> phase) {
  if (!active_) return false;
  const auto weight = weights_.find(fault);
  // Some phases make few calls: what can go wrong there is to have its chance as well.
  const bool brief = phase == spec::Phase::Withdrawing || phase == spec::Phase::Preparing ||
                     phase == spec::Phase::RolledBack || phase == spec::Phase::Retiring;
  if (brief) probability *= 3;
  if (weight == weights_.end() || !stream(fault).chance(probability * weight->second)) return false;
  struck(fault, phase);
  return true;
}

std::optional<Fault> Faults::any_timed(Random& random) const {
  double total = 0;
  for (const auto& [fault, weight] : weights_) {
    if (is_timed(fault)) total += weight;
  }
  if (!active_ || total == 0) return std::nullopt;
  double at = static_cast<double>(random.next() >> 11) * 0x1.0p-53 * total;
  for (const auto& [fault, weight] : weights_) {
    if (!is_timed(fault)) continue;
    at -= weight;
    if (at <= 0) return fault;
  }
  return std::nullopt;
}

}  // namespace teal::simulation
