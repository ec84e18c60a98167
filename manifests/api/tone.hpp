// The severity of each phase of applications and rollouts, shown as a colour on the page and in terminals.
#pragma once

#include "manifests/api/status.hpp"
#include "manifests/spec/phase.hpp"

namespace teal::objects {

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

[[nodiscard]] constexpr Tone tone_of(spec::Phase phase) {
  switch (phase) {
    case spec::Phase::Pending:
    case spec::Phase::Preparing:
    case spec::Phase::Migrating:
    case spec::Phase::Starting:
    case spec::Phase::Introducing:
    case spec::Phase::Verifying:
    case spec::Phase::Withdrawing:
    case spec::Phase::Retiring:
      return Tone::Busy;
    case spec::Phase::Complete:
      return Tone::Good;
    case spec::Phase::AwaitingApproval:
      return Tone::Attention;
    case spec::Phase::Superseded:
      return Tone::Idle;
    case spec::Phase::RollingBack:
    case spec::Phase::RolledBack:
    case spec::Phase::Failed:
      return Tone::Bad;
  }
  return Tone::Attention;
}

}  // namespace teal::objects
