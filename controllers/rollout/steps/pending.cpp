#include "controllers/rollout/steps/steps.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/policy.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/replicas/liveness.hpp"
#include "controllers/rollout/rules.hpp"
#include "manifests/validate/supported.hpp"

namespace teal::rollout {
namespace {

// A person has decided: neither a window nor the vendor's rules for upgrades hold it up.
void pending_rollback(Pass& pass) {
  const auto verdict = upgrade_verdict(pass.next);
  pass.next.course.strategy = verdict.allowed ? verdict.strategy : pass.spec().rollout.strategy;
  const auto& note = pass.next.course.back->note;
  if (!note.empty()) pass.event(spec::Reason::SchemaStays, note);
  pass.enter(spec::Phase::Preparing, fmt::format("{} → {}, back to revision {}", pass.next.course.from_version,
                                                 pass.spec().version, pass.next.course.back->to_revision));
}

void ask_leave(Pass& pass) {
  if (const auto unsupported = rules::unsupported_features(pass.next.course.target.application); !unsupported.empty()) {
    pass.fail({spec::Reason::NotSupported, fmt::format("{}", fmt::join(unsupported, "; "))});
    return;
  }
  if (!pass.world.engine_problem.empty()) {
    pass.wait(spec::Reason::EngineNotUsable, pass.world.engine_problem);
    pass.excuse(records::Excuse::NotAllowedYet);
    return;
  }
  if (!rules_of(pass.next).asks_leave) return pending_rollback(pass);
  if (!pass.spec().rollout.analysis.empty() && !pass.world.can_analyse) {
    pass.fail({spec::Reason::NoPrometheus, std::string{needs_analyst}});
    return;
  }
  const auto verdict = upgrade_verdict(pass.next);
  if (!verdict.allowed) {
    pass.wait(verdict.why.reason, verdict.why.message);
    pass.excuse(records::Excuse::NotAllowedYet);
    return;
  }
  pass.next.course.strategy = verdict.strategy;
  const auto window = window_of(pass.spec().rollout.windows, pass.now);
  if (!window.open) {
    pass.wait(spec::Reason::WaitingForWindow,
              fmt::format("waits for its maintenance window, next at {}; to start now, take it out of "
                          "spec.rollout.windows",
                          opening_text(window)));
    if (window.opens_at != Time::max()) pass.wake_at(window.opens_at);
    pass.excuse(records::Excuse::NotAllowedYet);
    return;
  }
  pass.enter(
      spec::Phase::Preparing,
      fmt::format("{} → {}", pass.next.course.active ? pass.next.course.active->application.spec.version : "nothing",
                  pass.spec().version));
}

}  // namespace

void pending(Pass& pass) {
  ask_leave(pass);
  keep_old(pass, true);
  // It may wait for a window, or for a person, for days.
  if (pass.next.course.active) replace_hung(pass, *pass.next.course.active);
}

}  // namespace teal::rollout
