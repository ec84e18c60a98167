// Applications of which something on record cannot be read: they say so and are left alone, until a manifest is saved.
#include <fmt/format.h>

#include "controllers/admission/adopt.hpp"
#include "controllers/reconcile/entry.hpp"
#include "controllers/status/make_status.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;

namespace {

constexpr std::size_t adopted_from = 1000;  // rollouts of the history

// What a person can do.
std::string way_out(const records::ApplicationRecord& record) {
  if (record.file.empty()) return fmt::format("apply its manifest again (teal apply -f), and that spec is in force");
  if (record.orphaned) return fmt::format("put its manifest {} back, and that spec is in force", record.file);
  return fmt::format("save its manifest {} again, and that spec is in force", record.file);
}

std::string unreadable_text(const records::ApplicationRecord& record, const std::string& problem) {
  return fmt::format("what is stored of it cannot be read ({}); its containers are left as they are: {}", problem,
                     way_out(record));
}

}  // namespace

awaitable<Result<void>> Reconciler::load_unreadable() {
  auto unreadable = co_await ports_.store->unreadable_applications();
  if (!unreadable) co_return within("store", unreadable.error());
  for (auto& one : *unreadable) {
    const auto name = one.salvaged.application.name;
    if (one.salvaged.created_at == Time{}) one.salvaged.created_at = ports_.clock->now();  // it is lost
    keep(name, std::move(one.salvaged));
    const auto entry = find(name);
    entry->record_problem = std::move(one.problem);
    unseen_.insert(name);
    // A generation counts on from the newest that was rolled out, if its own is lost.
    if (const auto newest = co_await ports_.store->latest(name); newest && *newest) {
      entry->record.generation = std::max(entry->record.generation, (*newest)->generation);
    }
    publish(entry, status::unreadable_status(entry->record, unreadable_text(entry->record, entry->record_problem),
                                             entry->shown_status(), ports_.clock->now()));
  }
  co_return Result<void>{};
}

admission::Unreadable Reconciler::unreadable() const {
  admission::Unreadable names;
  for (const auto& [name, entry] : entries_) {
    if (!entry->record_problem.empty() || !entry->rollout_problem.empty()) names.insert(name);
  }
  return names;
}

Result<void> Reconciler::check_readable(const EntryPtr& entry) {
  const auto& problem = entry->record_problem.empty() ? entry->rollout_problem : entry->record_problem;
  if (problem.empty()) return Result<void>{};
  return Error{ErrorCode::conflict, unreadable_text(entry->record, problem)};
}

// The newest rollout is loaded, and what runs adopted where it could not be read. Errors: invalid, with all that is to
// be said about what cannot be read; those of the store.
awaitable<Result<void>> Reconciler::ensure_readable(EntryPtr entry) {
  if (!entry->record_problem.empty()) {
    co_return Error{ErrorCode::invalid, unreadable_text(entry->record, entry->record_problem)};
  }
  auto ready = co_await ensure_loaded(entry);
  if (!ready && ready.error().code == ErrorCode::invalid) {
    entry->rollout_problem = ready.error().message;
    if (!entry->saved_again)
      co_return Error{ErrorCode::invalid, unreadable_text(entry->record, entry->rollout_problem)};
    if (auto done = co_await adopt(entry); !done) {
      if (done.error().code != ErrorCode::conflict) co_return done;
      co_return Error{
          ErrorCode::invalid,
          fmt::format("what is stored of its newest rollout cannot be read ({}), and what runs cannot be taken "
                      "over: {}; its containers are left as they are",
                      entry->rollout_problem, done.error().message)};
    }
    ready = co_await ensure_loaded(entry);
  }
  if (!ready) co_return ready;
  entry->rollout_problem.clear();
  entry->problem_told.clear();
  entry->saved_again = false;
  co_return ready;
}

// Shows it, and says it once.
awaitable<std::optional<Time>> Reconciler::hold_unreadable(EntryPtr entry, std::string message) {
  publish(entry, status::unreadable_status(entry->record, message, entry->shown_status(), ports_.clock->now()));
  if (entry->problem_told == message) co_return std::nullopt;
  records::Event event;
  event.time = ports_.clock->now();
  event.warning = true;
  event.reason = spec::Reason::StoredSpecUnreadable;
  event.message = message;
  event.application = entry->record.application.name;
  event.object = "Application/" + event.application;
  const std::vector<records::Event> events{event};
  if (co_await ports_.store->append(events)) {
    entry->problem_told = std::move(message);
    tell(events);
  }
  co_return std::nullopt;
}

// Errors: conflict, when it is not certain what runs; those of the store and the engine.
awaitable<Result<void>> Reconciler::adopt(EntryPtr entry) {
  const auto& name = entry->record.application.name;
  admission::AdoptionFacts facts;
  auto unreadable = co_await ports_.store->unreadable_rollouts(name);
  if (!unreadable) co_return within("store", unreadable.error());
  if (unreadable->empty()) co_return Result<void>{};  // it can be read by now
  facts.unreadable = std::move(*unreadable);
  auto history = co_await ports_.store->rollouts(name, adopted_from);
  if (!history) co_return within("store", history.error());
  facts.history = std::move(*history);
  const auto engine = ports_.engine(entry->record.application.spec);
  if (!engine) co_return engine.error();
  auto containers = co_await (*engine)->list(name);
  if (!containers) co_return within("engine", containers.error());
  facts.containers = std::move(*containers);
  auto record = admission::adopted(entry->record, facts, ports_.clock->now());
  if (!record) co_return record.error();
  const auto stored = co_await ports_.store->commit(std::move(*record), {});
  if (!stored && stored.error().code == ErrorCode::conflict) co_return Result<void>{};  // it may be readable by now
  if (!stored) co_return within("store", stored.error());
  co_return Result<void>{};
}

}  // namespace teal::reconcile
