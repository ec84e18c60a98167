#include "controllers/rollout/steps/preparing.hpp"

#include <fmt/format.h>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/jobs/preflight.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/fleet.hpp"
#include "controllers/rollout/rules.hpp"
#include "controllers/rollout/same_image.hpp"
#include "controllers/rollout/steps/steps.hpp"
#include "controllers/rollout/traffic/backends.hpp"
#include "controllers/rollout/traffic/predecessors.hpp"
#include "controllers/rollout/traffic/servers.hpp"

namespace teal::rollout {
namespace {

// Looked at twice a second, and progress as far as the phase's deadline goes.
void show_progress(Pass& pass) {
  pass.wake_in(std::chrono::milliseconds{500});
  if (!pass.world.pulling) return;
  if (!pass.next.pull || pass.next.pull->bytes_done < pass.world.pulling->bytes_done ||
      pass.next.pull->layers_done < pass.world.pulling->layers_done) {
    pass.next.standing.patience.since = pass.now;
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
std::optional<world::Image> pulled_image(Pass& pass, const std::string& reference) {
  const PullImage pull{reference};
  if (const auto error = pass.hopeless(pull)) {
    pass.fail({spec::Reason::ImagePullFailed, fmt::format("cannot pull {}: {}", reference, error->message)});
    return std::nullopt;
  }
  // Whoever goes back to what ran before waits for nobody.
  if (pass.next.course.back) {
    pass.act(pull);
  } else if (!pass.act_in_turn(Turn::Pull, pull) && pass.awaits(Turn::Pull)) {
    return std::nullopt;
  }
  show_progress(pass);
  const auto failure = pass.world.failures.find(key(pull));
  if (failure == pass.world.failures.end()) {
    pass.wait(spec::Reason::PullingImage, fmt::format("pulling {}{}", reference, progress_text(pass)));
  } else {
    pass.wait(spec::Reason::ImagePullFailing,
              fmt::format("cannot pull {}, trying again: {}", reference, failure->second.error.message));
  }
  return std::nullopt;
}

// The image, pinned for the whole revision; none while it is still on its way or cannot be had.
std::optional<world::Image> pinned_image(Pass& pass) {
  const auto reference = image_reference(pass.spec());
  const auto policy = pass.spec().pull_policy;
  const bool present = pass.world.image.has_value();
  if (present && !pass.world.unverified && (policy != spec::PullPolicy::Always || pass.world.pulled))
    return pass.world.image;
  if (policy == spec::PullPolicy::Never && !present) {
    pass.fail({spec::Reason::ImageNotFound,
               fmt::format("image {} is not on the engine and pullPolicy is Never: load it there, or "
                           "choose IfNotPresent",
                           reference)});
    return std::nullopt;
  }
  return pulled_image(pass, reference);
}

// The very image on record, whatever its tag says by now: the one that ran before, or the one that was approved.
std::optional<world::Image> recorded_image(Pass& pass) {
  const auto& target = pass.next.course.target;
  if (pass.world.image && !pass.world.unverified) {
    return world::Image{pass.world.image->id, target.image_digest,
                        target.image_named_by_digest || pass.world.image->named_by_digest};
  }
  auto reference = recorded_reference(target);
  if (reference.empty() && pass.world.image) reference = image_reference(pass.spec());  // only to be verified
  if (reference.empty()) {
    const auto& back = pass.next.course.back;
    pass.fail({spec::Reason::ImageNotFound,
               fmt::format("image {} of revision {} ({}) is not on the engine any more, and no registry is known that "
                           "has it: build or load it there again",
                           target.image_id, back ? back->to_revision : target.number, image_reference(pass.spec()))});
    return std::nullopt;
  }
  return pulled_image(pass, reference);
}

// What is on record of the pull, and of the same tag having named another image for the revision before, or another
// tag the same one.
void note_pull(Pass& pass) {
  pass.next.pulled = pass.world.pulled;
  if (pass.next.pull) {
    pass.next.pull->layers_done = pass.next.pull->layers;
    pass.next.pull->bytes_done = pass.next.pull->bytes;
  }
  const auto& active = pass.next.course.active;
  const auto reference = image_reference(pass.spec());
  if (!rules_of(pass.next).resolves_image || !active) return;
  pass.next.course.same_image = same_image_note(*active, pass.spec(), pass.next.course.target.image_digest);
  if (!pass.next.course.same_image.empty()) pass.warning(spec::Reason::SameImage, pass.next.course.same_image);
  if (image_reference(active->application.spec) != reference) return;
  if (active->image_digest.empty() || active->image_digest == pass.next.course.target.image_digest) return;
  pass.warning(spec::Reason::TagMoved,
               fmt::format("{} names {} now; revision {} runs {}", reference, pass.next.course.target.image_digest,
                           active->number, active->image_digest));
}

// Where nothing can be written neither a job nor a replica starts, and the one may work where the other does not.
bool has_room(Pass& pass) {
  if (!pass.world.engine_room || *pass.world.engine_room >= least_room) return true;
  const auto message =
      room_text(*pass.world.engine_room) + "; nothing has been changed yet, and the rollout goes on then";
  pass.warn_once(spec::Reason::EngineDiskFull, message);
  pass.wait(spec::Reason::EngineDiskFull, message);
  pass.wake_in(std::chrono::milliseconds{500});
  return false;
}

void migrate_next(Pass& pass) {
  const auto phase = phase_after(spec::Phase::Preparing, strategy_of(pass.next));
  const bool asks =
      pass.spec().rollout.approval == spec::Approval::BeforeMigration && !mutants::mutated("approval-not-awaited");
  if (asks && !pass.next.orders.approved) {
    pass.next.standing.awaiting = spec::Phase::Migrating;
    pass.enter(spec::Phase::AwaitingApproval, fmt::format("waits for approval before migrating to {}: teal approve {}",
                                                          pass.spec().version, pass.next.application));
    return;
  }
  pass.enter(phase, fmt::format("image {} is here", image_reference(pass.spec())));
}

void prepare(Pass& pass) {
  const auto& rules = rules_of(pass.next);
  const bool fits = backends_fit(pass) && adoption_fits(pass);  // the image is pulled meanwhile
  const auto image = rules.resolves_image ? pinned_image(pass) : recorded_image(pass);
  if (!image) return;
  if (rules.checks_first && pass.spec().restart_on_change && !pass.desired.values.known) {
    // Else a change between the first container's start and the first look would be missed.
    pass.wait(spec::Reason::ReadingSecrets, "waits for its secrets to be read: restartOnChange compares with them");
    return;
  }
  pass.next.course.target.image_id = image->id;
  pass.next.course.target.image_digest = image->digest;
  pass.next.course.target.image_named_by_digest = image->named_by_digest;
  if (rules.checks_first && !preflight(pass)) return;
  if (!fits || !has_room(pass)) return;
  if (rules.checks_first && !checks_agree(pass)) return;
  note_pull(pass);
  tell_remarks(pass);
  migrate_next(pass);
}

}  // namespace

std::string room_text(std::uint64_t bytes) {
  return fmt::format(
      "the engine has {} MB left for images and containers: make room on its disk, for instance by removing images and "
      "volumes that nothing uses",
      bytes / 1'000'000);
}

std::string recorded_reference(const records::Revision& revision) {
  const auto& digest = revision.image_digest;
  // Older records do not tell where the digest is from: in those of engines whose ids are digests of configurations it
  // is the registry's when it is another.
  const bool has_digest =
      digest.starts_with("sha256:") && (revision.image_named_by_digest || digest != revision.image_id);
  if (!has_digest || revision.application.spec.pull_policy == spec::PullPolicy::Never) return {};
  return repository_of(image_reference(revision.application.spec)) + "@" + digest;
}

bool is_still_prepared(Pass& pass) {
  const bool fits = backends_fit(pass) && adoption_fits(pass);
  const auto image = recorded_image(pass);
  if (!image) return false;
  pass.next.course.target.image_id = image->id;
  const bool checks_first = rules_of(pass.next).checks_first;
  return (!checks_first || preflight(pass)) && fits && has_room(pass) && (!checks_first || checks_agree(pass));
}

void preparing(Pass& pass) {
  prepare(pass);
  keep_old(pass, true);
}

}  // namespace teal::rollout
