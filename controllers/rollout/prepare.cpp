#include "controllers/rollout/prepare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/policy.hpp"
#include "manifests/supported.hpp"

namespace teal {
namespace {

// The image, pinned for the whole revision; none while it is still on its way or cannot be had.
std::optional<Image> pinned_image(Pass& pass) {
  const auto reference = image_reference(pass.spec());
  const auto policy = pass.spec().pull_policy;
  const bool present = pass.world.image.has_value();
  if (present && (policy != PullPolicy::Always || pass.world.pulled)) return pass.world.image;
  if (policy == PullPolicy::Never) {
    pass.fail({"ImageNotFound", fmt::format("image {} is not on the engine and pullPolicy is Never: load it there, or "
                                            "choose IfNotPresent",
                                            reference)});
    return std::nullopt;
  }
  const PullImage pull{reference};
  if (const auto error = pass.hopeless(pull)) {
    pass.fail({"ImagePullFailed", fmt::format("cannot pull {}: {}", reference, error->message)});
    return std::nullopt;
  }
  pass.act(pull);
  const auto failure = pass.world.failures.find(key(pull));
  if (failure == pass.world.failures.end()) {
    pass.wait("PullingImage", fmt::format("pulling {}", reference));
  } else {
    pass.wait("ImagePullFailing",
              fmt::format("cannot pull {}, trying again: {}", reference, failure->second.error.message));
  }
  return std::nullopt;
}

void migrate_next(Pass& pass) {
  const auto phase = phase_after(Phase::Preparing, strategy_of(pass.next));
  if (pass.spec().rollout.approval == Approval::BeforeMigration && !pass.next.approved) {
    pass.next.awaiting = Phase::Migrating;
    pass.enter(Phase::AwaitingApproval, fmt::format("waits for approval before migrating to {}: teal approve {}",
                                                    pass.spec().version, pass.next.application));
    return;
  }
  pass.enter(phase, fmt::format("image {} is here", image_reference(pass.spec())));
}

}  // namespace

void pending(Pass& pass) {
  if (const auto unsupported = unsupported_features(pass.next.target.application); !unsupported.empty()) {
    pass.fail({"NotSupported", fmt::format("{}", fmt::join(unsupported, "; "))});
    return;
  }
  if (!pass.world.engine_problem.empty()) {
    pass.wait("EngineNotUsable", pass.world.engine_problem);
    pass.next.progressed_at = pass.now;
    return;
  }
  if (!pass.spec().rollout.analysis.empty() && !pass.world.can_analyse) {
    pass.fail({"NoPrometheus", std::string{needs_prometheus}});
    return;
  }
  const auto verdict = upgrade_verdict(pass.next);
  if (!verdict.allowed) {
    pass.wait(verdict.why.reason, verdict.why.message);
    pass.next.progressed_at = pass.now;
    return;
  }
  pass.next.strategy = verdict.strategy;
  const auto window = window_of(pass.spec().rollout.windows, pass.now);
  if (!window.open) {
    pass.wait("WaitingForWindow",
              fmt::format("waits for its maintenance window, next at {}", format_time(window.opens_at)));
    pass.wake_at(window.opens_at);
    pass.next.progressed_at = pass.now;
    return;
  }
  pass.enter(Phase::Preparing,
             fmt::format("{} → {}", pass.next.active ? pass.next.active->application.spec.version : "nothing",
                         pass.spec().version));
}

void preparing(Pass& pass) {
  const auto image = pinned_image(pass);
  if (!image) return;
  pass.next.target.image_id = image->id;
  pass.next.target.image_digest = image->digest;
  migrate_next(pass);
}

}  // namespace teal
