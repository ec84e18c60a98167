// Teal's persistent state. A call that has returned success survives `kill -9` and power loss.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/records/audit.hpp"
#include "controllers/records/event.hpp"
#include "controllers/records/record.hpp"
#include "controllers/records/unreadable.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::ports {

struct StoredEvent {
  std::int64_t sequence = 0;  // grows with each event, never reused
  records::Event event;
};

// What one webhook has been told.
struct DeliveredNotices {
  std::optional<std::int64_t> settled;  // nothing is left to tell of events up to this sequence; none: a new webhook
  std::set<std::string> notices;        // ids of those that are delivered or given up, the newest 1,000

  bool operator==(const DeliveredNotices&) const = default;
};

struct EventQuery {
  std::string application;  // empty: all
  std::int64_t after = 0;   // only events with a greater sequence
  std::size_t limit = 500;  // the newest so many, oldest first
};

// What is written together with a change, in its transaction: what happened, for people, and who made it happen, for
// the record. A plain list of events is one in which nobody asked for anything.
struct CommitEntries {
  CommitEntries() = default;
  CommitEntries(std::initializer_list<records::Event> its_events) : events(its_events) {}
  CommitEntries(std::vector<records::Event> its_events, std::vector<records::AuditEntry> its_audit = {})
      : events(std::move(its_events)), audit(std::move(its_audit)) {}

  std::vector<records::Event> events;
  std::vector<records::AuditEntry> audit;  // their sequence is the store's to give
};

struct AuditQuery {
  std::string application;            // empty: all
  std::vector<std::string> fitting;   // of applications whose names fit one of these patterns (*); empty: all
  std::optional<Time> since;          // not older
  std::optional<std::int64_t> after;  // the oldest `limit` with a greater sequence; none: the newest `limit`
  std::size_t limit = 500;
};

class Store {
 public:
  virtual ~Store() = default;

  // This store's own id, made once: the `teal.owner` of everything we create.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::string>> owner() = 0;

  // Takes the id that containers of a store bear which was here before, and is lost. Errors: conflict, when a rollout
  // is on record, since containers may bear the present id by then.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> take_owner(std::string /*owner*/) {
    co_return Error{ErrorCode::invalid, "this store keeps its id"};
  }

  // Those that can be read.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<records::ApplicationRecord>>> applications() = 0;
  // Those that cannot. `put` and `erase` replace and forget them like others.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<records::UnreadableApplication>>>
  unreadable_applications() = 0;
  // Inserts or replaces by name, all in one transaction.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> put(std::vector<records::ApplicationRecord> records,
                                                                 CommitEntries entries) = 0;
  [[nodiscard]] boost::asio::awaitable<Result<void>> put(records::ApplicationRecord record, CommitEntries entries) {
    std::vector<records::ApplicationRecord> one;
    one.push_back(std::move(record));
    return put(std::move(one), std::move(entries));
  }
  // Forgets the application, its rollouts and its logs; its events and its audit stay.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> erase(std::string application, CommitEntries entries) = 0;

  // The newest rollout, or none. Errors: invalid, when it cannot be read.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::optional<records::RolloutRecord>>> latest(
      std::string application) = 0;
  // Those that can be read, newest first. application empty: of all.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<records::RolloutRecord>>> rollouts(
      std::string application, std::size_t limit) = 0;
  // Those that cannot, newest first. `commit` replaces one whose version it is given.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<records::UnreadableRollout>>> unreadable_rollouts(
      std::string application) = 0;
  // Errors: not_found; invalid, when it cannot be read.
  [[nodiscard]] virtual boost::asio::awaitable<Result<records::RolloutRecord>> rollout(std::string application,
                                                                                       int revision) = 0;

  // Writes the record and what happened in one transaction, and notes each job that `record` says Succeeded as done for
  // its image digest. `record.version` must be what is stored for this (application, revision), 0 for a new one.
  // Returns the new version. Errors: conflict.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::uint64_t>> commit(records::RolloutRecord record,
                                                                             CommitEntries entries) = 0;

  // Jobs recorded as succeeded for this image digest (M3).
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::set<std::string>>> migrated(std::string application,
                                                                                       std::string image_digest) = 0;

  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> append(CommitEntries entries) = 0;
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<StoredEvent>>> events(EventQuery query) = 0;

  // Oldest first. Entries are never changed, and leave only by age.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<records::AuditEntry>>> audit(AuditQuery query) = 0;
  // Takes the oldest entries away that are older than `before`, up to the first that is not; a part of them at a time,
  // and never one of the last hour by the machine's clock. Returns how many it took.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::size_t>> prune_audit(Time before) = 0;

  // Kept output of a container that is gone or going. `source` is its name (teal-shop-default-r7-1). Replaces. Of a
  // text that is too long for the store the end is kept, with a first line that says so.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> keep_log(std::string application, int revision,
                                                                      std::string source, std::string text) = 0;
  // (source, text), by source. Empty when there is none.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::vector<std::pair<std::string, std::string>>>> logs(
      std::string application, int revision) = 0;

  // Takes kept logs away that are too old, then the oldest until all together are no larger than they may be; a part
  // of them at a time. Never those of an application's newest rollout, nor of the revision that serves. `logs` then
  // says when and why in their place. Returns how many it took.
  [[nodiscard]] virtual boost::asio::awaitable<Result<std::size_t>> prune_logs(Time /*now*/) {
    co_return std::size_t{0};  // a store without limits
  }

  // `webhook` is a name that teald gives it, never its address.
  [[nodiscard]] virtual boost::asio::awaitable<Result<DeliveredNotices>> told_notices(std::string webhook) = 0;
  // In one transaction: `notice` (empty: none) is settled, and everything of events up to the sequence `settled`.
  [[nodiscard]] virtual boost::asio::awaitable<Result<void>> settle_notice(std::string webhook, std::string notice,
                                                                           std::int64_t settled) = 0;
};

}  // namespace teal::ports
