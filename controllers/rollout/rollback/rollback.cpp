#include "controllers/rollout/rollback/rollback.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "controllers/rollout/jobs/hooks.hpp"
#include "controllers/rollout/jobs/migrate.hpp"
#include "controllers/rollout/outcome_text.hpp"
#include "controllers/rollout/phases.hpp"
#include "manifests/spec/diff.hpp"
#include "manifests/spec/version.hpp"

namespace teal::rollout {
namespace {

Error conflict(std::string message) { return {ErrorCode::conflict, std::move(message)}; }

const std::string& version_of(const records::RolloutRecord& record) {
  return record.course.target.application.spec.version;
}

std::string revision_text(const records::Revision& revision) {
  return fmt::format("revision {} ({})", revision.number, revision.application.spec.version);
}

// It migrated the schema, or may have.
bool touched_schema(const records::RolloutRecord& record) {
  if (migrated_itself(record)) return true;
  return std::ranges::any_of(record.jobs, [](const records::JobRecord& job) {
    return job.attempts > 0 || job.state == records::JobState::Succeeded || job.state == records::JobState::NotNeeded;
  });
}

bool has_migrated(const records::RolloutRecord& record) {
  return std::ranges::any_of(record.jobs, [](const records::JobRecord& job) {
    return job.state == records::JobState::Succeeded || job.state == records::JobState::NotNeeded;
  });
}

// What an operator may choose from: ended well, and not what serves now.
std::vector<const records::RolloutRecord*> candidates(const records::RolloutRecord& record,
                                                      const std::vector<records::RolloutRecord>& history) {
  std::vector<const records::RolloutRecord*> found;
  for (const auto& one : history) {
    if (one.standing.phase != spec::Phase::Complete || !record.course.active ||
        one.course.target.number == record.course.active->number)
      continue;
    const auto change = spec::classify(record.course.active->application.spec, one.course.target.application.spec);
    if (change == spec::ChangeKind::NewRevision) found.push_back(&one);
  }
  return found;
}

std::string choice_text(const std::vector<const records::RolloutRecord*>& found) {
  if (found.empty()) return "there is no other revision that was ever complete";
  constexpr std::size_t shown = 5;
  std::vector<std::string> words;
  for (std::size_t i = 0; i < std::min(found.size(), shown); ++i)
    words.push_back(revision_text(found[i]->course.target));
  return fmt::format("it can go back to {}{}", fmt::join(words, ", "), found.size() > shown ? ", …" : "");
}

const records::RolloutRecord* newest_migrated(const std::vector<records::RolloutRecord>& history) {
  const records::RolloutRecord* newest = nullptr;
  std::optional<spec::Version> highest;
  for (const auto& one : history) {
    const auto version = spec::parse_version(version_of(one));
    if (!touched_schema(one) || !version) continue;
    if (highest && compare(*version, *highest) <= 0) continue;
    newest = &one;
    highest = *version;
  }
  return newest;
}

std::string train_text(const spec::Version& version, int parts) {
  std::vector<std::uint64_t> leading = version.parts;
  leading.resize(static_cast<std::size_t>(std::max(parts, 1)), 0);
  return fmt::format("{}", fmt::join(leading, "."));
}

// A migration's post-deployment step takes away what the versions before need.
Result<void> check_post_deployment(const std::vector<records::RolloutRecord>& history, const records::Revision& to) {
  for (const auto& one : history) {
    if (one.course.target.number <= to.number || one.course.target.image_digest == to.image_digest) continue;
    for (const auto& job : one.course.target.application.spec.migration.jobs) {
      const auto ran = std::ranges::find(one.jobs, job.name, &records::JobRecord::job);
      if (job.phase != spec::JobPhase::AfterCutover || ran == one.jobs.end() || ran->attempts == 0) continue;
      return conflict(
          fmt::format("{} does not fit the schema any more: {} has run its post-deployment step (job {}), which "
                      "removes what older versions need. Only forward is possible: set spec.version to a fixed "
                      "release",
                      revision_text(to), revision_text(one.course.target), job.name));
    }
  }
  return {};
}

// The vendor promises that old and new get along within a train: beyond it the schema may not fit any more.
Result<void> check_schema(const records::ApplicationRecord& desired, const records::RolloutRecord& record,
                          const std::vector<records::RolloutRecord>& history, const records::Revision& to) {
  if (auto fits = check_post_deployment(history, to); !fits) return fits;
  const auto& now = desired.application.spec.upgrade_policy;
  const auto& policy = now.train ? now : to.application.spec.upgrade_policy;
  const auto* newest = newest_migrated(history);
  if (!policy.train || policy.outside_train == spec::OutsideTrain::BlueGreen || newest == nullptr) return {};
  const auto migrated = spec::parse_version(version_of(*newest));
  const auto version = spec::parse_version(to.application.spec.version);
  if (!version) return conflict(within("the version to go back to", version.error()).message);
  if (compare(*migrated, *version) <= 0 || spec::same_train(*migrated, *version, *policy.train)) return {};
  const auto train = train_text(*migrated, *policy.train);
  std::string forward;
  for (const auto* one : candidates(record, history)) {
    const auto other = spec::parse_version(version_of(*one));
    if (!other || !spec::same_train(*other, *migrated, *policy.train)) continue;
    forward = fmt::format("go back to {} (teal rollback {} --to-revision {}), or ", revision_text(one->course.target),
                          record.application, one->course.target.number);
    break;
  }
  return conflict(
      fmt::format("{} does not fit the schema any more: {} {} it and is of the train {}, and migrations are never "
                  "undone. The way is forward: {}set spec.version to a mended release of {}",
                  revision_text(to), revision_text(newest->course.target),
                  has_migrated(*newest) ? "migrated" : "may have migrated", train, forward, train));
}

std::string note_for(const std::vector<records::RolloutRecord>& history, const records::Revision& to) {
  const records::RolloutRecord* last = nullptr;
  for (const auto& one : history) {
    const bool later = one.course.target.number > to.number && version_of(one) != to.application.spec.version;
    if (later && touched_schema(one) && (!last || one.course.target.number > last->course.target.number)) last = &one;
  }
  if (last == nullptr) return {};
  return fmt::format("the schema stays as {} left it: migrations are never undone, so {} has to work with it",
                     revision_text(last->course.target), to.application.spec.version);
}

Result<RollbackChoice> under_way(const records::ApplicationRecord& desired, const records::RolloutRecord& record,
                                 const std::vector<records::RolloutRecord>& history, std::optional<int> to_revision) {
  const auto refused = [&](const std::string& why) {
    return conflict(fmt::format("rollback does not apply to rollout {} ({}): {}", records::rollout_name(record),
                                to_string(record.standing.phase), why));
  };
  const auto& name = record.application;
  if (record.standing.phase == spec::Phase::RollingBack) return refused("it is rolling back already");
  if (!record.course.active) return refused(fmt::format("there is no earlier revision: use teal abort {}", name));
  const bool has_way_back = can_roll_back(record);
  if (record.course.back) {
    return refused(has_way_back ? fmt::format("it is a rollback itself: teal abort {} stays with {}", name,
                                              revision_text(*record.course.active))
                                : way_back_while_leaving(record));
  }
  if (to_revision && *to_revision != record.course.active->number) {
    return refused(fmt::format("under way it can only go back to {}: teal {} {}, or wait for its end first",
                               revision_text(*record.course.active), has_way_back ? "abort" : "rollback", name));
  }
  RollbackChoice choice;
  choice.to = *record.course.active;
  choice.note = schema_note(record);
  choice.way = has_way_back ? RollbackChoice::Way::Abort : RollbackChoice::Way::Return;
  if (has_way_back) return choice;
  if (auto fits = check_schema(desired, record, history, choice.to); !fits) return fits.error();
  return choice;
}

// The same work with today's number of replicas: what is scaled is no part of a revision. If the spec in force asks for
// just this work, nothing of that spec is left out.
records::Revision as_of_now(records::Revision revision, const spec::ApplicationSpec& today) {
  if (spec::classify(revision.application.spec, today) != spec::ChangeKind::NewRevision)
    revision.application.spec = today;
  revision.application.spec.suspend = false;
  for (auto& component : revision.application.spec.components) {
    if (const auto* now = spec::find_component(today, component.name)) component.replicas = now->replicas;
  }
  return revision;
}

}  // namespace

Result<RollbackChoice> choose_rollback(const records::ApplicationRecord& desired, const records::RolloutRecord& record,
                                       const std::vector<records::RolloutRecord>& stored,
                                       std::optional<int> to_revision) {
  auto history = stored;
  for (auto& one : history) {
    if (one.course.target.number == record.course.target.number) one = record;
  }
  const auto& name = desired.application.name;
  if (desired.deleting) return conflict(fmt::format("application {} is being deleted", name));
  if (!records::is_terminal(record.standing.phase)) return under_way(desired, record, history, to_revision);
  if (desired.application.spec.suspend) return conflict("spec.suspend is true: nothing starts before it is false");
  if (record.generation != desired.generation || record.orders.retry ||
      record.standing.phase == spec::Phase::Superseded) {
    return conflict(fmt::format("the next rollout of {} is about to begin: teal abort {} once it has", name, name));
  }
  if (record.orders.rollback) return conflict(fmt::format("a rollback of {} is already requested", name));
  const auto possible = candidates(record, history);
  if (!record.course.active)
    return conflict(fmt::format("nothing of {} was ever complete: there is no way back", name));
  const records::RolloutRecord* found = nullptr;
  if (!to_revision) {
    const bool is_left_out = spec::classify(record.course.active->application.spec, desired.application.spec) ==
                             spec::ChangeKind::NewRevision;
    if (record.standing.phase == spec::Phase::RolledBack && is_left_out) {
      return conflict(fmt::format(
          "{} is rolled back already, and {} is what serves; to leave that too name a revision "
          "(teal rollback {} --to-revision N): {}",
          revision_text(record.course.target), revision_text(*record.course.active), name, choice_text(possible)));
    }
    const auto before = std::ranges::find_if(possible, [&](const records::RolloutRecord* one) {
      return one->course.target.number < record.course.active->number;
    });
    if (before == possible.end()) {
      return conflict(fmt::format("there is no revision before {}: {}", revision_text(*record.course.active),
                                  choice_text(possible)));
    }
    found = *before;
  } else {
    if (*to_revision == record.course.active->number) {
      return conflict(fmt::format("{} is what runs; {}", revision_text(*record.course.active), choice_text(possible)));
    }
    const auto known = std::ranges::find(history, *to_revision,
                                         [](const records::RolloutRecord& one) { return one.course.target.number; });
    if (known == history.end()) {
      return Error{ErrorCode::not_found, fmt::format("revision {} of {} is not on record, or not any more; {}",
                                                     *to_revision, name, choice_text(possible))};
    }
    if (std::ranges::find(possible, &*known) == possible.end()) {
      return conflict(known->standing.phase == spec::Phase::Complete
                          ? fmt::format("{} is the same as what runs ({})", revision_text(known->course.target),
                                        revision_text(*record.course.active))
                          : fmt::format("{} was never complete ({}); {}", revision_text(known->course.target),
                                        to_string(known->standing.phase), choice_text(possible)));
    }
    found = &*known;
  }
  if (auto fits = check_schema(desired, record, history, found->course.target); !fits) return fits.error();
  RollbackChoice choice;
  choice.way = RollbackChoice::Way::Anew;
  choice.to = as_of_now(found->course.target, desired.application.spec);
  choice.note = note_for(history, found->course.target);
  return choice;
}

std::string downgrade_note(const std::vector<records::RolloutRecord>& history, const spec::ApplicationSpec& wanted) {
  const auto* newest = newest_migrated(history);
  const auto version = spec::parse_version(wanted.version);
  if (newest == nullptr || !version || compare(*spec::parse_version(version_of(*newest)), *version) <= 0) return {};
  return fmt::format(
      "a downgrade: {} {} the schema, and migrations are never undone, so {} has to work with it as it is; its own "
      "migration jobs run all the same unless they are done for its image",
      revision_text(newest->course.target), has_migrated(*newest) ? "migrated" : "may have migrated", wanted.version);
}

Result<VerbOutcome> roll_back(const records::RolloutRecord& record, const RollbackChoice& choice,
                              const records::VerbRequest& request, Time now) {
  VerbOutcome made;
  made.next = record;
  switch (choice.way) {
    case RollbackChoice::Way::Abort: {
      records::VerbRequest abort = request;
      abort.verb = records::Verb::Abort;
      auto aborted = apply_verb(record, abort, now);
      if (aborted && aborted->next.outcome.failure_reason == spec::Reason::Aborted)
        aborted->next.outcome.failure_reason = spec::Reason::RollbackAsked;
      return aborted;
    }
    case RollbackChoice::Way::Return:
      turn_back(made.next, spec::Reason::RollbackAsked, "rolled back by " + to_string(request.by), now);
      break;
    case RollbackChoice::Way::Anew:
      made.next.orders.rollback = records::RollbackOrder{choice.to, to_string(request.by), choice.note};
      break;
  }
  made.event.time = now;
  made.event.reason = spec::Reason::RollbackAsked;
  made.event.message = fmt::format("asked for by {}: back to {}{}{}", to_string(request.by), revision_text(choice.to),
                                   choice.note.empty() ? "" : "; ", choice.note);
  made.event.application = record.application;
  made.event.object = "Rollout/" + records::rollout_name(record);
  return made;
}

void follow_order(records::RolloutRecord& fresh, const records::RollbackOrder& order,
                  const spec::Application& shelved) {
  fresh.course.target.application = order.to.application;
  fresh.course.target.application.spec.rollout = shelved.spec.rollout;  // how is no part of a revision
  fresh.course.target.image_id = order.to.image_id;
  fresh.course.target.image_digest = order.to.image_digest;
  fresh.course.target.image_named_by_digest = order.to.image_named_by_digest;
  fresh.jobs = jobs_of(order.to.application.spec);
  fresh.hooks = hooks_of(order.to.application.spec);
  fresh.orders.approved = true;  // by whoever asked for it
  fresh.course.back = records::RollbackOrigin{order.to.number, order.by, order.note, shelved};
}

}  // namespace teal::rollout
