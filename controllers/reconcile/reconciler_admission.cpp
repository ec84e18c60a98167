// How a manifest or a request becomes the spec in force: through the store first, one admission at a time.
#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "controllers/reconcile/entry.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

constexpr Duration doubt_delay = 1s;

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

admission::Applications Reconciler::records() const {
  admission::Applications all;
  for (const auto& [name, entry] : entries_) all.emplace(name, entry->record);
  return all;
}

// A write that was reported as failed may have happened all the same: the store says what is in force.
awaitable<Result<void>> Reconciler::settle_doubts() {
  if (doubtful_.empty()) co_return Result<void>{};
  auto stored = co_await ports_.store->applications();
  if (!stored) co_return within("store", stored.error());
  const auto names = std::exchange(doubtful_, {});
  for (auto& record : *stored) {
    const auto name = record.application.name;
    if (!names.contains(name)) continue;
    auto& entry = entries_[name];
    if (!entry) entry = make_entry(record);
    if (entry->record != record) hooks_.wake(name);
    entry->record = std::move(record);
  }
  co_return Result<void>{};
}

// An application of which only the store may know. Returns when to ask again; none: it is known now, or does not exist.
awaitable<std::optional<Time>> Reconciler::look_for(std::string name) {
  // Whoever has the turn has settled the doubts, or has new ones.
  if (doubtful_.contains(name) && turns_.expired()) {
    const auto turn = co_await admission_turn();
    if (turn) static_cast<void>(co_await settle_doubts());
    if (turn) give_back<AdmissionTurns>(turn);
  }
  if (!doubtful_.contains(name)) co_return std::nullopt;
  co_return ports_.clock->now() + doubt_delay;
}

awaitable<Result<void>> Reconciler::take_over(admission::Admission admission) {
  for (const auto& record : admission.changed) {
    const auto& name = record.application.name;
    const bool saved_again = admission.saved_again.contains(name);
    if (const auto known = find(name); known && !known->record_problem.empty() && !saved_again) {
      known->record = record;  // whose it is may be known by now; what is stored is left as it is
      hooks_.wake(name);
      continue;
    }
    const auto is_its = [&](const auto& one) { return one.application == name; };
    ports::Happened happened;
    std::ranges::copy_if(admission.events, std::back_inserter(happened.events), is_its);
    std::ranges::copy_if(admission.audit, std::back_inserter(happened.audit), is_its);
    const auto stored = co_await ports_.store->put(record, happened);
    auto entry = find(name);
    if (!stored) {
      const auto error = within("store", stored.error());
      doubtful_.insert(name);
      if (entry) {
        static_cast<void>(
            stumble(entry, spec::Reason::StoreUnavailable, error));  // what is wanted cannot be taken over
      } else {
        hooks_.wake(name);  // no pass comes by itself to one that is not known
      }
      co_return error;
    }
    if (!entry) {
      entry = make_entry(record);
      entries_[name] = entry;
    }
    entry->record = record;
    if (saved_again) {
      entry->record_problem.clear();
      entry->saved_again = true;
    }
    tell(happened.events);
    hooks_.wake(name);
  }
  std::vector<records::Event> others;
  std::ranges::copy_if(admission.events, std::back_inserter(others),
                       [](const records::Event& event) { return event.application.empty(); });
  if (!others.empty()) {
    const auto stored = co_await ports_.store->append(others);
    if (!stored) co_return within("store", stored.error());
    tell(others);
  }
  co_return Result<void>{};
}

// Every admission goes this way: in its turn, once all doubts are settled, and the turn is given back however it ends.
awaitable<Result<void>> Reconciler::admit(std::function<Result<admission::Admission>()> judge) {
  const auto turn = co_await admission_turn();
  if (!turn) co_return turn.error();
  auto done = co_await settle_doubts();
  if (done) {
    auto admission = judge();
    if (!admission) done = admission.error();
    if (admission) done = co_await take_over(std::move(*admission));
  }
  give_back<AdmissionTurns>(turn);
  co_return done;
}

awaitable<Result<void>> Reconciler::manifests_changed(std::vector<admission::ManifestState> files, bool complete) {
  auto judge = [this, files = std::move(files), complete]() -> Result<admission::Admission> {
    return admission::admit_files(records(), files, complete, ports_.clock->now(), unreadable());
  };
  return admit(std::move(judge));
}

awaitable<Result<void>> Reconciler::values_seen(std::string name, admission::ValuesSeen seen) {
  auto judge = [this, name = std::move(name), seen = std::move(seen)]() -> Result<admission::Admission> {
    if (unreadable().contains(name)) return admission::Admission{};
    return admission::admit_values(records(), name, seen, ports_.clock->now());
  };
  return admit(std::move(judge));
}

awaitable<Result<void>> Reconciler::apply(spec::Application application, records::Requester by, bool dry_run) {
  auto judge = [this, application = std::move(application), by = std::move(by),
                dry_run]() -> Result<admission::Admission> {
    auto admission = admission::admit_request(records(), application, by, ports_.clock->now(), unreadable());
    if (admission && dry_run) return admission::Admission{};
    return admission;
  };
  return admit(std::move(judge));
}

awaitable<Result<void>> Reconciler::remove(std::string name, records::Requester by) {
  auto judge = [this, name = std::move(name), by = std::move(by)] {
    return admission::admit_deletion(records(), name, by, ports_.clock->now(), unreadable());
  };
  return admit(std::move(judge));
}

}  // namespace teal::reconcile
