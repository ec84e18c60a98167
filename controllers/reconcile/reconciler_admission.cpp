// How a manifest or a request becomes the spec in force: through the store first, one admission at a time.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "controllers/reconcile/entry.hpp"
#include "controllers/status/make_status.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

constexpr Duration uncertain_delay = 1s;
constexpr std::size_t judged_at_once = 50;            // files, in one transaction: a few milliseconds
constexpr std::size_t parsed_on_the_loop = 16 << 10;  // bytes: sooner done than handed over

// Said, and not done by a destructor: what ends because its loop is destroyed must not touch the channel any more.
template <class Turns>
void give_back(const Result<std::shared_ptr<void>>& turn) {
  static_cast<void>(static_cast<Turns*>(turn->get())->channel.try_send(boost::system::error_code{}));
}

}  // namespace

// Admissions are computed from all records and written one by one: two at a time would not see each other. Whoever has
// the turn holds the channel's one message back. Only those who have it or wait for it keep the channel.
struct Reconciler::AdmissionTurns {
  explicit AdmissionTurns(const boost::asio::any_io_executor& executor) : channel(executor, 1) {}
  boost::asio::experimental::channel<void(boost::system::error_code)> channel;
};

awaitable<Result<std::shared_ptr<void>>> Reconciler::admission_turn() {
  auto turns = turns_.lock();
  if (!turns) {
    turns = std::make_shared<AdmissionTurns>(co_await boost::asio::this_coro::executor);
    turns_ = turns;
  } else {
    const auto [failure] = co_await turns->channel.async_receive(boost::asio::as_tuple(boost::asio::use_awaitable));
    if (failure) co_return Error{ErrorCode::cancelled, "teald is shutting down"};
  }
  co_return std::shared_ptr<void>(std::move(turns));
}

// Every manifest that was seen so far is in force, or refused.
awaitable<void> Reconciler::admissions_done() {
  const auto turn = co_await admission_turn();
  if (turn) give_back<AdmissionTurns>(turn);
}

// What the store has, or could not be read there.
void Reconciler::keep(const std::string& name, records::ApplicationRecord record) {
  auto& entry = entries_[name];
  if (entry) {
    entry->record = std::move(record);
  } else {
    entry = make_entry(std::move(record));
  }
  register_.put(admission::SharedRecord(entry, &entry->record));
}

// What the revisions have that a rollout leads from and to belongs to it until they are gone.
void Reconciler::note_in_use(const EntryPtr& entry) {
  std::vector<rules::ExclusiveResource> in_use;
  const auto add = [&](const records::Revision& revision) {
    auto its = rules::belongings(revision.application);
    in_use.insert(in_use.end(), its.begin(), its.end());
  };
  if (entry->rollout) {
    const auto& rollout = *entry->rollout;
    if (rollout.course.active) add(*rollout.course.active);
    if (!records::is_terminal(rollout.standing.phase)) add(rollout.course.target);
  }
  const auto& name = entry->record.application.name;
  register_.uses(name, std::move(in_use), entry->rollout && entry->rollout->course.active);
  if (!register_.due().empty()) hooks_.wake(name);
}

// A write that was reported as failed may have happened all the same: the store says what is in force.
awaitable<Result<void>> Reconciler::reload_uncertain_writes() {
  if (uncertain_.empty()) co_return Result<void>{};
  auto stored = co_await ports_.store->applications();
  if (!stored) co_return within("store", stored.error());
  const auto names = std::exchange(uncertain_, {});
  for (auto& record : *stored) {
    const auto name = record.application.name;
    if (!names.contains(name)) continue;
    if (const auto entry = find(name); entry && entry->record != record) hooks_.wake(name);
    keep(name, std::move(record));
  }
  co_return Result<void>{};
}

// An application of which only the store may know. Returns when to ask again; none: it is known now, or does not exist.
awaitable<std::optional<Time>> Reconciler::look_for(std::string name) {
  // Whoever has the turn has reloaded what was uncertain, or knows of newer uncertain writes.
  if (uncertain_.contains(name) && turns_.expired()) {
    const auto turn = co_await admission_turn();
    if (turn) static_cast<void>(co_await reload_uncertain_writes());
    if (turn) give_back<AdmissionTurns>(turn);
  }
  if (!uncertain_.contains(name)) co_return std::nullopt;
  co_return ports_.clock->now() + uncertain_delay;
}

// What was wanted could not be stored, or may have been all the same.
void Reconciler::note_uncertain_write(const std::vector<records::ApplicationRecord>& records, const Error& error) {
  for (const auto& record : records) {
    const auto& name = record.application.name;
    uncertain_.insert(name);
    if (const auto entry = find(name)) {
      static_cast<void>(
          retry_later(entry, spec::Reason::StoreUnavailable, error));  // what is wanted cannot be taken over
    } else {
      hooks_.wake(name);  // no pass comes by itself to one that is not known
    }
  }
}

// All of it in one transaction.
awaitable<Result<void>> Reconciler::take_over(admission::Admission admission) {
  std::set<std::string> left;  // whose it is may be known by now; what is stored of them is left as it is
  for (const auto& record : admission.changed) {
    const auto& name = record.application.name;
    const auto known = find(name);
    if (!known || known->record_problem.empty() || admission.saved_again.contains(name)) continue;
    left.insert(name);
    keep(name, record);
    hooks_.wake(name);
  }
  const auto is_left = [&](const auto& one) { return left.contains(one.application); };
  std::erase_if(admission.changed, [&](const auto& record) { return left.contains(record.application.name); });
  ports::CommitEntries entries{std::move(admission.events), std::move(admission.audit)};
  std::erase_if(entries.events, is_left);
  std::erase_if(entries.audit, is_left);
  if (!admission.changed.empty() || !entries.events.empty()) {
    const auto stored = admission.changed.empty() ? co_await ports_.store->append(entries)
                                                  : co_await ports_.store->put(admission.changed, entries);
    if (!stored) {
      const auto error = within("store", stored.error());
      note_uncertain_write(admission.changed, error);
      co_return error;
    }
  }
  for (auto& record : admission.changed) {
    const auto name = record.application.name;
    keep(name, std::move(record));
    if (admission.saved_again.contains(name)) {
      const auto entry = find(name);
      entry->record_problem.clear();
      entry->saved_again = true;
    }
    hooks_.wake(name);
  }
  register_.take(admission.refusals);
  tell(entries.events);
  co_return Result<void>{};
}

// Every admission goes this way: in its turn, once no write is uncertain any more, and the turn is given back however
// it ends.
awaitable<Result<void>> Reconciler::admit_parts(std::function<Result<std::optional<admission::Admission>>()> next) {
  const auto turn = co_await admission_turn();
  if (!turn) co_return turn.error();
  auto done = co_await reload_uncertain_writes();
  while (done) {
    auto part = next();
    if (!part) done = part.error();
    if (!part || !*part) break;
    done = co_await take_over(std::move(**part));
    // Where nothing has changed nothing is written either, and nobody else would get the loop.
    co_await boost::asio::post(boost::asio::use_awaitable);
  }
  give_back<AdmissionTurns>(turn);
  co_return done;
}

awaitable<Result<void>> Reconciler::admit(std::function<Result<admission::Admission>()> judge) {
  auto next = [judge = std::move(judge), is_judged = false]() mutable -> Result<std::optional<admission::Admission>> {
    if (std::exchange(is_judged, true)) return std::optional<admission::Admission>{};
    auto admission = judge();
    if (!admission) return admission.error();
    return std::optional{std::move(*admission)};
  };
  return admit_parts(std::move(next));
}

awaitable<Result<void>> Reconciler::admit_files(admission::Files files) {
  auto next = [this, files = std::move(files)]() mutable -> Result<std::optional<admission::Admission>> {
    return files.next(register_, ports_.clock->now(), unreadable(), judged_at_once);
  };
  return admit_parts(std::move(next));
}

awaitable<Result<void>> Reconciler::manifests_changed(std::vector<admission::ManifestState> files, bool complete) {
  std::size_t bytes = 0;
  for (const auto& file : files) bytes += file.text.size();
  auto understood = std::make_shared<std::vector<admission::Manifest>>();
  auto work = [understood, files = std::move(files), places = ports_.places()] {
    for (const auto& file : files) understood->push_back(admission::understood(file, &places));
    return std::string{};
  };
  if (bytes <= parsed_on_the_loop) {
    work();
  } else {
    static_cast<void>(co_await ports_.made_beside(std::move(work)));
  }
  co_return co_await admit_files(admission::Files{std::move(*understood), complete});
}

// Manifests that were refused because of what has changed since. Returns when to try again; none: all is judged.
awaitable<std::optional<Time>> Reconciler::judge_again() {
  if (register_.due().empty()) co_return std::nullopt;
  if (turns_.expired()) {  // whoever has the turn judges them too
    const auto done = co_await admit_files(admission::Files{{}, false});
    if (done) co_return std::nullopt;
  }
  co_return ports_.clock->now() + uncertain_delay;
}

awaitable<Result<void>> Reconciler::values_seen(std::string name, admission::ValuesSeen seen) {
  auto judge = [this, name = std::move(name), seen = std::move(seen)]() -> Result<admission::Admission> {
    if (unreadable().contains(name)) return admission::Admission{};
    return admission::admit_values(register_, name, seen, ports_.clock->now());
  };
  return admit(std::move(judge));
}

awaitable<Result<void>> Reconciler::apply(spec::Application application, records::Requester by, bool dry_run) {
  const std::string name = application.name;
  auto judge = [this, application = std::move(application), by = std::move(by),
                dry_run]() -> Result<admission::Admission> {
    if (auto placed = admission::check_places(application, ports_.places()); !placed) return placed.error();
    auto admission = admission::admit_request(register_, application, by, ports_.clock->now(), unreadable());
    if (admission && dry_run) return admission::Admission{};
    return admission;
  };
  auto done = co_await admit(std::move(judge));
  const auto entry = done && !dry_run ? find(name) : nullptr;
  if (!entry || !entry->record_problem.empty()) co_return done;
  // Whoever has written it reads it at once, before a pass has looked at the world for it.
  const rollout::Why why{spec::Reason::NotObserved, "it has just been created, and is looked at in a moment"};
  const auto now = ports_.clock->now();
  publish(entry, entry->shown ? entry->shown->status
                              : status::unobserved_status(entry->record, why, entry->shown_status(), now));
  co_return done;
}

awaitable<Result<void>> Reconciler::remove(std::string name, records::Requester by) {
  auto judge = [this, name = std::move(name), by = std::move(by)] {
    return admission::admit_deletion(register_, name, by, ports_.clock->now(), unreadable());
  };
  return admit(std::move(judge));
}

}  // namespace teal::reconcile
