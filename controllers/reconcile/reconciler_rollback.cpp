// `teal rollback`: chosen from the history, checked against the engine, put on record; the next pass acts on it.
#include <fmt/format.h>

#include "controllers/reconcile/entry.hpp"
#include "controllers/rollout/rollback/rollback.hpp"
#include "controllers/rollout/steps/preparing.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;

namespace {

constexpr std::size_t most_history = 1000;

// Better said now than by a rollout that fails.
awaitable<Result<void>> check_image(const ports::Ports& ports, const records::Revision& to) {
  const auto engine = ports.engine(to.application.spec);
  if (!engine) co_return Error{ErrorCode::conflict, engine.error().message};
  const auto image = co_await (*engine)->image(to.image_id);
  if (image) co_return Result<void>{};
  if (image.error().code != ErrorCode::not_found) co_return within("engine", image.error());
  if (!rollout::recorded_reference(to).empty()) co_return Result<void>{};  // it can be pulled, by its digest
  co_return Error{ErrorCode::conflict,
                  fmt::format("the image of revision {} ({}, {}) is not on the engine any more, and has no registry's "
                              "digest to pull it by: load it there, or go on to another version",
                              to.number, image_reference(to.application.spec), to.image_id)};
}

// A revision that cannot be read is not passed over in silence.
awaitable<Result<void>> check_history(ports::Store& store, const std::string& name, const records::Revision& to) {
  const auto unreadable = co_await store.unreadable_rollouts(name);
  if (!unreadable) co_return within("store", unreadable.error());
  for (const auto& one : *unreadable) {
    if (one.revision < to.number) continue;
    co_return Error{
        ErrorCode::conflict,
        fmt::format("what is on record of revision {} cannot be read ({}): say which revision to go back to, "
                    "with --to-revision {} for instance",
                    one.revision, one.problem, to.number)};
  }
  co_return Result<void>{};
}

}  // namespace

awaitable<Result<void>> Reconciler::roll_back(std::string name, records::VerbRequest request) {
  constexpr int tries = 5;
  Error last{ErrorCode::conflict, "the rollout kept changing"};
  for (int i = 0; i < tries; ++i) {
    const auto entry = find(name);
    if (!entry) co_return Error{ErrorCode::not_found, fmt::format("there is no application {}", name)};
    if (auto readable = check_readable(entry); !readable) co_return readable;
    if (auto loaded = co_await ensure_loaded(entry); !loaded) co_return loaded.error();
    if (!entry->rollout) co_return Error{ErrorCode::conflict, "no rollout has begun yet"};
    const auto history = co_await ports_.store->rollouts(name, most_history);
    if (!history) co_return within("store", history.error());
    const auto record = *entry->rollout;  // what the choice is made for, and only for that
    const auto choice = rollout::choose_rollback(entry->record, record, *history, request.to_revision);
    if (!choice) co_return choice.error();
    if (!request.to_revision) {
      if (auto known = co_await check_history(*ports_.store, name, choice->to); !known) co_return known;
    }
    if (choice->way == rollout::RollbackChoice::Way::Anew) {
      if (auto there = co_await check_image(ports_, choice->to); !there) co_return there;
    }
    auto outcome = teal::rollout::roll_back(record, *choice, request, ports_.clock->now());
    if (!outcome) co_return outcome.error();
    auto audited = records::audit_entry(request, entry->record, ports_.clock->now());
    audited.patch = records::public_patch(&record.course.target.application, &choice->to.application);
    ports::CommitEntries entries{std::vector{outcome->event}, {std::move(audited)}};
    auto stored = co_await commit(entry, std::move(outcome->next), std::move(entries));
    if (stored) {
      show_order(entry);
      hooks_.wake(name);
      co_return stored;
    }
    last = stored.error();
    if (last.code != ErrorCode::conflict) break;
  }
  co_return last;
}

}  // namespace teal::reconcile
