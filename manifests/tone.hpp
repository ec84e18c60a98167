// What the phases of applications and rollouts mean for whoever looks at them: a colour, on the page and in a terminal.
#pragma once

#include "manifests/phase.hpp"
#include "manifests/status.hpp"

namespace teal {

enum class Tone {
  Good,
  Busy,       // on its way
  Attention,  // a person is waited for
  Idle,       // nothing is meant to happen
  Bad,
};

[[nodiscard]] constexpr Tone tone_of(ApplicationPhase phase) {
  switch (phase) {
    case ApplicationPhase::Healthy:
      return Tone::Good;
    case ApplicationPhase::Progressing:
      return Tone::Busy;
    case ApplicationPhase::AwaitingApproval:
    case ApplicationPhase::Paused:
      return Tone::Attention;
    case ApplicationPhase::Suspended:
      return Tone::Idle;
    case ApplicationPhase::Degraded:
      return Tone::Bad;
  }
  return Tone::Attention;
}

[[nodiscard]] constexpr Tone tone_of(Phase phase) {
  switch (phase) {
    case Phase::Pending:
    case Phase::Preparing:
    case Phase::Migrating:
    case Phase::Starting:
    case Phase::Introducing:
    case Phase::Verifying:
    case Phase::Withdrawing:
    case Phase::Retiring:
      return Tone::Busy;
    case Phase::Complete:
      return Tone::Good;
    case Phase::AwaitingApproval:
      return Tone::Attention;
    case Phase::Superseded:
      return Tone::Idle;
    case Phase::RollingBack:
    case Phase::RolledBack:
    case Phase::Failed:
      return Tone::Bad;
  }
  return Tone::Attention;
}

}  // namespace teal
