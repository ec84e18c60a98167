#include "controllers/rollout/steps/prepare.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "controllers/rollout/analyse.hpp"
#include "controllers/rollout/jobs/preflight.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/policy.hpp"
#include "manifests/supported.hpp"

namespace teal {
namespace {

// Looked at twice a second, and progress as far as the phase's deadline goes.
void show_progress(Pass& pass) {
  pass.wake_in(std::chrono::milliseconds{500});
  if (!pass.world.pulling) return;
  if (!pass.next.pull || pass.next.pull->bytes_done < pass.world.pulling->bytes_done ||
      pass.next.pull->layers_done < pass.world.pulling->layers_done) {
    pass.next.progressed_at = pass.now;
  }
  pass.next.pull = pass.world.pulling;
}

std::string progress_text(const Pass& pass) {
  if (!pass.world.pulling || pass.world.pulling->layers == 0) return {};
  const auto& pull = *pass.world.pulling;
  return fmt::format(": {} of {} layers, {:.1f} of {:.1f} MB", pull.layers_done, pull.layers,
                     static_cast<double>(pull.bytes_done) / 1e6, static_cast<double>(pull.bytes) / 1e6);
}

// Nothing yet: it is on its way, or cannot be had.
std::optional<Image> pulled_image(Pass& pass, const std::string& reference) {
  const PullImage pull{reference};
  if (const auto error = pass.hopeless(pull)) {
    pass.fail({"ImagePullFailed", fmt::format("cannot pull {}: {}", reference, error->message)});
    return std::nullopt;
  }
  pass.act(pull);
  show_progress(pass);
  const auto failure = pass.world.failures.find(key(pull));
  if (failure == pass.world.failures.end()) {
    pass.wait("PullingImage", fmt::format("pulling {}{}", reference, progress_text(pass)));
  } else {
    pass.wait("ImagePullFailing",
              fmt::format("cannot pull {}, trying again: {}", reference, failure->second.error.message));
  }
  return std::nullopt;
}

// The image, pinned for the whole revision; none while it is still on its way or cannot be had.
std::optional<Image> pinned_image(Pass& pass) {
  const auto reference = image_reference(pass.spec());
  const auto policy = pass.spec().pull_policy;
  const bool present = pass.world.image.has_value();
  if (present && !pass.world.unverified && (policy != PullPolicy::Always || pass.world.pulled)) return pass.world.image;
  if (policy == PullPolicy::Never && !present) {
    pass.fail({"ImageNotFound", fmt::format("image {} is not on the engine and pullPolicy is Never: load it there, or "
                                            "choose IfNotPresent",
                                            reference)});
    return std::nullopt;
  }
  return pulled_image(pass, reference);
}

// Going back means the very image that ran then, whatever its tag says by now.
std::optional<Image> recorded_image(Pass& pass) {
  const auto& target = pass.next.target;
  if (pass.world.image && !pass.world.unverified) return Image{pass.world.image->id, target.image_digest};
  auto reference = recorded_reference(target);
  if (reference.empty() && pass.world.image) reference = image_reference(pass.spec());  // only to be verified
  if (reference.empty()) {
    pass.fail(
        {"ImageNotFound", fmt::format("image {} of revision {} ({}) is not on the engine any more", target.image_id,
                                      pass.next.rollback->to_revision, image_reference(pass.spec()))});
    return std::nullopt;
  }
  return pulled_image(pass, reference);
}

// What is on record of the pull, and of the same tag having named another image for the revision before.
void note_pull(Pass& pass) {
  pass.next.pulled = pass.world.pulled;
  if (pass.next.pull) {
    pass.next.pull->layers_done = pass.next.pull->layers;
    pass.next.pull->bytes_done = pass.next.pull->bytes;
  }
  const auto& active = pass.next.active;
  const auto reference = image_reference(pass.spec());
  if (pass.next.rollback || !active || image_reference(active->application.spec) != reference) return;
  if (active->image_digest.empty() || active->image_digest == pass.next.target.image_digest) return;
  pass.warning("TagMoved", fmt::format("{} names {} now; revision {} runs {}", reference, pass.next.target.image_digest,
                                       active->number, active->image_digest));
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

// A person has decided: neither a window nor the vendor's rules for upgrades hold it up.
void pending_rollback(Pass& pass) {
  const auto verdict = upgrade_verdict(pass.next);
  pass.next.strategy = verdict.allowed ? verdict.strategy : pass.spec().rollout.strategy;
  const auto& note = pass.next.rollback->note;
  if (!note.empty()) pass.event("SchemaStays", note);
  pass.enter(Phase::Preparing, fmt::format("{} → {}, back to revision {}", pass.next.from_version, pass.spec().version,
                                           pass.next.rollback->to_revision));
}

}  // namespace

std::string recorded_reference(const Revision& revision) {
  const auto& digest = revision.image_digest;
  const bool has_digest = digest.starts_with("sha256:") && digest != revision.image_id;
  if (!has_digest || revision.application.spec.pull_policy == PullPolicy::Never) return {};
  auto repository = image_reference(revision.application.spec);
  if (const auto at = repository.find('@'); at != std::string::npos) repository.resize(at);
  const auto slash = repository.rfind('/');
  const auto colon = repository.find(':', slash == std::string::npos ? 0 : slash);
  if (colon != std::string::npos) repository.resize(colon);
  return repository + "@" + digest;
}

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
  if (pass.next.rollback) return pending_rollback(pass);
  if (!pass.spec().rollout.analysis.empty() && !pass.world.can_analyse) {
    pass.fail({"NoPrometheus", std::string{needs_analyst}});
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
              fmt::format("waits for its maintenance window, next at {}; to start now, take it out of "
                          "spec.rollout.windows",
                          opening_text(window)));
    pass.wake_at(window.opens_at);
    pass.next.progressed_at = pass.now;
    return;
  }
  pass.enter(Phase::Preparing,
             fmt::format("{} → {}", pass.next.active ? pass.next.active->application.spec.version : "nothing",
                         pass.spec().version));
}

void preparing(Pass& pass) {
  const auto image = pass.next.rollback ? recorded_image(pass) : pinned_image(pass);
  if (!image) return;
  if (pass.spec().restart_on_change && !pass.next.rollback && !pass.desired.values.known) {
    // Else a change between the first container's start and the first look would be missed.
    pass.wait("ReadingSecrets", "waits for its secrets to be read: restartOnChange compares with them");
    return;
  }
  pass.next.target.image_id = image->id;
  pass.next.target.image_digest = image->digest;
  if (!pass.next.rollback && !preflight(pass)) return;  // nobody who goes back waits for a migration's users
  note_pull(pass);
  migrate_next(pass);
}

}  // namespace teal
