// The control loop: observe → decide → commit → perform, per application. Owns the in-memory state of every
// application.
//
// Single-threaded; passes of different applications interleave, those of one never do: the caller (daemon/dispatcher)
// runs at most one `reconcile` per name at a time. Every change of a record goes through the store first (O3).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/admission/admission.hpp"
#include "controllers/admission/values.hpp"
#include "controllers/ports/ports.hpp"
#include "controllers/reconcile/engine_turns.hpp"
#include "controllers/reconcile/observe.hpp"
#include "controllers/requests/control.hpp"
#include "controllers/rollout/action.hpp"
#include "controllers/rollout/decide.hpp"
#include "controllers/status/board.hpp"

namespace teal::reconcile {

// The manifests' folder, the tokens, the certificate: what concerns no application.
struct DaemonNotice {
  std::string subject;  // "Manifests": the event's object
  spec::Reason reason;  // ManifestFolderRefused
  std::string message;
  bool is_wrong = false;
  // A file that says who may has changed, which is recorded; how, as RFC 6902, if that is known.
  std::string changed_file{};
  std::string patch{};
};

class Reconciler final : public requests::Control {
 public:
  struct Hooks {
    // Runs a task in the background under a name; it belongs to the daemon's task group.
    std::function<void(std::string, boost::asio::awaitable<void>)> spawn;
    // Asks for a pass soon.
    std::function<void(const std::string& application)> wake;
    // Every event, once it is in the store.
    std::function<void(const records::Event&)> told;
    // Where there is one: waited for before what takes long in a pass, so that many of them do not keep others from the
    // loop.
    std::function<boost::asio::awaitable<void>()> turn{};
  };

  Reconciler(ports::Ports ports, status::Board& board, Hooks hooks);
  ~Reconciler() override;

  // Reads the store, before anything else. Errors: those of the store.
  [[nodiscard]] boost::asio::awaitable<Result<void>> load();
  [[nodiscard]] std::vector<std::string> names() const;

  // One pass. Returns when the next one is due at the latest; none: the application is gone.
  [[nodiscard]] boost::asio::awaitable<std::optional<Time>> reconcile(std::string name);

  // Manifest files that changed, or with `complete` all that there are.
  [[nodiscard]] boost::asio::awaitable<Result<void>> manifests_changed(std::vector<admission::ManifestState> files,
                                                                       bool complete);

  // Something of teald as a whole. What is wrong is an event and stands in `readiness` until its subject is well again,
  // which is an event then; that all is well, and was before, is told only, unless a file has
  // changed.
  void notice(DaemonNotice notice);

  // What the sources of an application with restartOnChange hold now.
  [[nodiscard]] boost::asio::awaitable<Result<void>> values_seen(std::string name, admission::ValuesSeen seen);

  // Control
  [[nodiscard]] boost::asio::awaitable<Result<objects::Plan>> plan(std::string name,
                                                                   std::optional<spec::Application> candidate,
                                                                   bool may_look) override;
  [[nodiscard]] boost::asio::awaitable<Result<std::vector<plan::DatabasePreflight>>> preflight(
      std::string name) override;
  [[nodiscard]] boost::asio::awaitable<Result<void>> request(std::string name, records::VerbRequest request) override;
  [[nodiscard]] boost::asio::awaitable<Result<void>> apply(spec::Application application, records::Requester by,
                                                           bool dry_run) override;
  [[nodiscard]] boost::asio::awaitable<Result<void>> remove(std::string name, records::Requester by) override;
  [[nodiscard]] boost::asio::awaitable<Result<std::string>> live_log(std::string application,
                                                                     std::string container) override;
  [[nodiscard]] requests::DaemonReadiness readiness() const override;
  [[nodiscard]] rules::Places places() const override { return ports_.places(); }
  [[nodiscard]] boost::asio::awaitable<requests::Releases> releases() override;

 private:
  struct Entry;           // controllers/reconcile/entry.hpp
  struct AdmissionTurns;  // reconciler_admission.cpp
  using EntryPtr = std::shared_ptr<Entry>;

  [[nodiscard]] EntryPtr make_entry(records::ApplicationRecord record) const;
  [[nodiscard]] EntryPtr find(const std::string& name) const;
  void keep(const std::string& name, records::ApplicationRecord record);
  void note_in_use(const EntryPtr& entry);
  [[nodiscard]] admission::Unreadable unreadable() const;
  [[nodiscard]] static Result<void> check_readable(const EntryPtr& entry);
  boost::asio::awaitable<Result<void>> load_unreadable();
  boost::asio::awaitable<std::optional<Time>> hold_unreadable(EntryPtr entry, std::string message);
  boost::asio::awaitable<Result<void>> ensure_readable(EntryPtr entry);
  boost::asio::awaitable<Result<void>> adopt(EntryPtr entry);
  boost::asio::awaitable<Result<std::shared_ptr<void>>> admission_turn();
  boost::asio::awaitable<Result<void>> reload_uncertain_writes();
  boost::asio::awaitable<void> say(ports::CommitEntries entries);
  boost::asio::awaitable<std::optional<Time>> look_for(std::string name);
  void note_uncertain_write(const std::vector<records::ApplicationRecord>& records, const Error& error);
  boost::asio::awaitable<Result<void>> take_over(admission::Admission admission);
  boost::asio::awaitable<Result<void>> admit(std::function<Result<admission::Admission>()> judge);
  boost::asio::awaitable<Result<void>> admit_parts(std::function<Result<std::optional<admission::Admission>>()> next);
  boost::asio::awaitable<Result<void>> admit_files(admission::Files files);
  boost::asio::awaitable<std::optional<Time>> judge_again();
  boost::asio::awaitable<Result<void>> roll_back(std::string name, records::VerbRequest request);
  boost::asio::awaitable<Result<void>> ensure_loaded(EntryPtr entry);
  boost::asio::awaitable<std::optional<Time>> pass(EntryPtr entry);
  boost::asio::awaitable<Result<void>> commit(EntryPtr entry, records::RolloutRecord next,
                                              ports::CommitEntries entries);
  static std::map<std::string, EngineTurns> make_turns(const ports::Ports& ports);
  rollout::Decision decide_in_turn(const EntryPtr& entry, const records::ApplicationRecord& desired,
                                   const std::optional<records::RolloutRecord>& record, rollout::Observed& world,
                                   Time now);
  void end_turn(const std::string& application, rollout::Turn turn);
  void forget_turns(const std::string& application);
  void wake_all(const std::vector<std::string>& applications);
  boost::asio::awaitable<void> admissions_done();
  boost::asio::awaitable<Result<bool>> take_owner(std::string owner, std::string application, std::string found);
  boost::asio::awaitable<Result<bool>> find_lost_owner();
  boost::asio::awaitable<std::optional<Time>> meet_others(EntryPtr entry, const rollout::Observed& world);
  boost::asio::awaitable<void> tell_strangers(EntryPtr entry, std::vector<world::Stranger> strangers);
  boost::asio::awaitable<void> perform_all(EntryPtr entry, std::vector<rollout::Action> actions);
  boost::asio::awaitable<void> perform_one(EntryPtr entry, records::RolloutRecord record, rollout::Action action);
  boost::asio::awaitable<std::optional<Time>> erase(EntryPtr entry);
  std::optional<Time> retry_later(const EntryPtr& entry, const spec::Reason& reason, const Error& error);
  void publish(const EntryPtr& entry, objects::ApplicationStatus status);
  // What has just been asked for, before a pass has seen it: whoever waits must not take the end before for its own.
  void show_order(const EntryPtr& entry);
  void measure(const std::optional<records::RolloutRecord>& before, const records::RolloutRecord& after);
  void measure_traffic(const std::optional<records::RolloutRecord>& before, const records::RolloutRecord& after);
  void tell(const std::vector<records::Event>& events);

  ports::Ports ports_;
  status::Board& board_;
  Hooks hooks_;
  std::map<std::string, EntryPtr> entries_;
  std::map<std::string, EngineTurns> engine_turns_;  // by engine
  admission::Register register_;                     // of their records
  bool loaded_ = false;
  bool is_owner_settled_ = false;        // something was made under the store's own id, or nothing bears a lost one
  std::set<std::string> unseen_;         // on record at the start, and not looked at since
  std::weak_ptr<AdmissionTurns> turns_;  // while somebody has the turn to admit, or waits for it
  std::map<std::string, std::map<spec::Reason, std::string>> wrong_;  // subject → reason → message: teald's own
  std::set<std::string> uncertain_;  // applications whose newest write was reported as failed
};

}  // namespace teal::reconcile
