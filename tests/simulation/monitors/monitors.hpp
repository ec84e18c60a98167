// Watches the models for broken promises, from outside of the code under test.
//
// Fed with the models' own truth: every side effect, just before and after it really happens (WatchedEngine and
// WatchedBalancer in watched.hpp stand directly before the fakes, below any fault), every write to the store
// (WatchedStore), and a `look` whenever time has passed or something happened by itself. Nothing that Teal says of
// itself is believed, but for the records in its store: those are what it may act upon.
//
// What cannot be Teal's fault is told by who caused it: `pass_begins` (what happens by itself after that, a pass cannot
// know), `blur` (a call on this container or server will take effect late or twice), `Late` (the effect that happens
// now was asked for long ago). Deterministic; no violation is reported twice for the same subject.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "controllers/rollout/action.hpp"
#include "controllers/status/status.hpp"
#include "tests/simulation/monitors/effects.hpp"
#include "tests/simulation/monitors/promise.hpp"
#include "tests/support/fake_database.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_load_balancer.hpp"
#include "tests/support/fake_store.hpp"

namespace teal::simulation {

struct Models {
  test::FakeEngine* engine = nullptr;
  std::map<std::string, test::FakeLoadBalancer*> balancers;  // by the name that manifests use
  test::FakeStore* store = nullptr;
  const ports::Clock* clock = nullptr;  // the wall clock, as teald has it
  // Its own health check answered well often enough in a row, at any time, to whichever teald.
  std::function<bool(const std::string& container_id)> has_passed;
  // Whether a text gives a migration credential away (C1).
  std::function<bool(std::string_view text)> tells_credential;
  // Whether it holds the value of any secret (C2); empty: nobody has any.
  std::function<bool(std::string_view text)> tells_secret;
  std::map<std::string, test::FakeServer*> databases;  // by name
  // Whether what a job made for an image cannot be used by the application's user.
  std::function<bool(const spec::Job& job, const std::string& image_digest)> is_ungranted;
  // Whether this replica's users are well served by it now; empty: each that runs is well.
  std::function<bool(const std::string& container_id)> is_well;
  // How long what all replicas of an application need has been down without a break; empty: it never is.
  std::function<Duration(const std::string& application)> dependency_down_for;
  // Whether Prometheus has let a version of an application pass; empty: nothing is asked of it.
  std::function<bool(const std::string& application, const spec::Analysis& analysis, const records::Revision& revision)>
      lets_pass;
  // Servers that somebody else has registered, whatever they are called: "load balancer/backend/server".
  std::set<std::string> strangers;
};

struct Effect {
  enum class Kind { Create, Start, Signal, Remove, AttachServer, AdmitServer, DrainServer, DetachServer };
  Kind kind = Kind::Create;
  std::string id;                              // of the container; empty for Create and for servers
  std::string name;                            // the container's or the server's
  const ports::ContainerSpec* spec = nullptr;  // Create only
  std::string signal;
  std::string load_balancer;
  std::string backend;
  bool cut_sessions = false;
};

[[nodiscard]] std::string to_text(const Effect& effect);

class Monitors {
 public:
  explicit Monitors(Models models) : models_(std::move(models)) {}

  void before(const Effect& effect);
  void after(const Effect& effect);
  // The record is in the store now.
  void committed(const records::RolloutRecord& record);
  // The application is gone from the store; a later one of this name begins anew.
  void forgotten(const std::string& application);
  // Said to people or put where they can read it.
  void said(std::string_view where, std::string_view text);
  // At any time: time has passed, or something happened by itself. Costs next to nothing while the models stay the
  // same.
  void look();

  // What was truly done at a database, told by whoever stands directly before it (ledger.cpp).
  void lock_confirmed(const std::string& database, const ports::LedgerKey& key);
  void found_fit(const ports::LedgerKey& key);
  void attempt_closed(const ports::LedgerKey& key, world::LedgerOutcome outcome);
  // Another Teal's attempt, and what it has done: this image's work, or nothing.
  void other_begins(const std::string& database, const std::string& application, const std::string& job);
  void other_ends(const std::string& database, const std::string& application, const std::string& job,
                  const std::string& done_for_image);

  // A pass of this application starts to look at the world, and ends as passes do: not with teald's death.
  void pass_begins(const std::string& application);
  void pass_ends(const std::string& application);
  // A call of this application's pass went wrong: what is not done then is not the pass's fault.
  void hindered(const std::string& application) { passes_[application].hindered = true; }
  // … and all of them are when a clock jumps.
  void clock_jumped() {
    for (auto& [name, pass] : passes_) pass.hindered = true;
    jumped_at_ = models_.clock->now();
    for (auto& [id, at] : unwell_at_) at = models_.clock->now();
    for (auto& [id, at] : started_at_) at = models_.clock->now();
    dead_for_.clear();
  }
  // A replica has answered teald's own probe.
  void probed(const std::string& id, bool well);
  // What everybody can read of it from now on (O5).
  void shown(const status::ApplicationView& view);
  // The spec in force was changed: a pass that looked before that could not know.
  void edited(const std::string& application) {
    happened(application);
    ++turns_[application];
  }
  // A pass is shown the world as it was at an earlier `moment()`.
  void shown_old(const std::string& application, std::uint64_t moment);
  // … or what a driver has kept, of which an event was lost or is late. That excuses no effect: what is shown is not
  // its fault, nor what is left undone.
  void kept_old(const std::string& application) {
    hindered(application);
    passes_[application].was_told_late = true;
  }
  [[nodiscard]] std::uint64_t moment() const { return sequence_; }
  void blur(const std::string& container_or_server) { blurred_.insert(container_or_server); }
  // An operator asked for a retry: another attempt of a migration may follow.
  void retry_asked(const std::string& application) { ++retries_[application]; }
  [[nodiscard]] int retries(const std::string& application) const {
    const auto found = retries_.find(application);
    return found == retries_.end() ? 0 : found->second;
  }

  // What was asked of teald and how it answered, and what of it is in the store (audited.cpp).
  void asked(const std::string& by) { ++askings_[by].asked; }
  void answered(const std::string& by, const Result<void>& done);
  void audited(const std::vector<records::AuditEntry>& entries);  // with a rollout
  void audited(const records::ApplicationRecord* before, const records::ApplicationRecord& now,
               const std::vector<records::AuditEntry>& entries);

  // While one lives, effects were asked for long ago: how they fit the present is not judged.
  class Late {
   public:
    explicit Late(Monitors& monitors) : monitors_(monitors) { ++monitors_.late_; }
    ~Late() { --monitors_.late_; }
    Late(const Late&) = delete;
    Late& operator=(const Late&) = delete;

   private:
    Monitors& monitors_;
  };

  void report(Promise promise, const std::string& subject, std::string what);
  [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }
  [[nodiscard]] const EffectCounts& counts() const { return counts_; }
  // Whether this job has truly done its work for this image.
  [[nodiscard]] bool is_done(const std::string& application, const std::string& job,
                             const std::string& image_id) const {
    return done_.contains({application, job, image_id});
  }

 private:
  struct Pool {  // one component of one application in one backend
    std::string application;
    std::string component;
    std::string load_balancer;
    std::string backend;
    auto operator<=>(const Pool&) const = default;
  };
  struct Place {  // what a server's name says
    std::string application;
    std::string component;
    int revision = 0;
    int index = 0;
  };

  void check_asked(const std::string& by);
  void before_create(const ports::ContainerSpec& spec);
  void before_start(const test::FakeEngine::Stored& stored);
  void before_signal(const test::FakeEngine::Stored& stored, const std::string& signal);
  void before_remove(const test::FakeEngine::Stored& stored);
  void before_ready(const Effect& effect);
  void before_leaving(const Effect& effect);  // drain or removal of a server
  void check_traffic(const Pool& pool, const std::string& what);
  void check_new_serve(const Pool& pool, const Place& place, const std::string& what);
  [[nodiscard]] bool may_be_set_aside(const Pool& pool, const std::string& id);
  void check_sessions(const Effect& effect, const world::Server& server, const test::FakeEngine::Stored* replica);
  // `begun`: since when it counts, if the record does not say.
  [[nodiscard]] bool is_drain_over(const std::string& server, std::optional<Time> begun) const;
  void check_out_of_sight(const test::FakeEngine::Stored& stored, const std::string& name, const std::string& backend,
                          const std::string& what);
  void check_out_of_traffic(const test::FakeEngine::Stored& stored, const std::string& what);
  void check_attempts(const test::FakeEngine::Stored& stored, const records::RolloutRecord& record);
  void check_place(const test::FakeEngine::Stored& stored, const records::RolloutRecord& record);
  void look_anew();
  void check_guard(const test::FakeEngine::Stored& stored, const records::RolloutRecord& record);
  void check_fit(const ports::ContainerSpec& spec, const records::RolloutRecord& record);
  void check_grants(const ports::ContainerSpec& spec, const records::RolloutRecord& record);
  void check_proof(const records::RolloutRecord& record, const records::JobRecord& job);
  void check_hook(const test::FakeEngine::Stored& stored, const records::RolloutRecord& record);
  void check_hooks(const records::RolloutRecord& record, spec::Phase before);
  [[nodiscard]] bool is_left_out_rightly(const records::RolloutRecord& record) const;
  void look_for_secrets(const records::RolloutRecord& record, bool all);
  void look_for_secrets(const objects::ApplicationStatus& status);
  void note_job(const test::FakeEngine::Stored& stored);
  void look_at_containers();
  void look_at_servers();
  void check_upgrade(const records::RolloutRecord& record);
  void check_analysis(const records::RolloutRecord& record, spec::Phase before);
  void check_bake(const records::RolloutRecord& record);
  void check_dependency(const records::RolloutRecord& record, spec::Phase before);
  void check_way_back(const records::RolloutRecord& record, spec::Phase before);
  [[nodiscard]] bool must_have_failed(const records::RolloutRecord& record, const spec::Component& component,
                                      Duration down_for) const;
  void check_stops(const records::RolloutRecord& record);
  void check_unprovoked(const test::FakeEngine::Stored& stored, const std::string& what);
  void note_truth();
  [[nodiscard]] static std::string_view standing_of(const world::Server& server);
  [[nodiscard]] bool is_strangers(const Effect& effect) const;
  [[nodiscard]] std::set<std::string> dead_servers(const std::string& application) const;
  void check_replica(const status::ApplicationView& view, const objects::ReplicaStatus& replica);
  void check_component(const status::ApplicationView& view, const objects::ComponentStatus& component);
  void count(const Effect& effect);
  void note_start(const test::FakeEngine::Stored& stored);
  void note_attempt(const world::Container& seen);
  void note_stop(const test::FakeEngine::Stored& stored);
  [[nodiscard]] bool was_unwell(const std::string& id) const;
  [[nodiscard]] bool may_be_killed(const records::RolloutRecord& record, const std::string& id) const;

  [[nodiscard]] const test::FakeEngine::Stored* by_id(const std::string& id) const;
  [[nodiscard]] const test::FakeEngine::Stored* replica_of(const world::Server& server) const;
  [[nodiscard]] std::optional<Place> place_of(std::string_view server) const;
  [[nodiscard]] const records::Revision* revision_of(const std::string& application, int number) const;
  [[nodiscard]] int wanted(const Pool& pool) const;
  [[nodiscard]] int in_traffic(const Pool& pool) const;
  [[nodiscard]] bool is_stop_first(const std::string& application, const std::string& component) const;
  // Nothing that its last look cannot have shown has happened by itself since.
  [[nodiscard]] bool is_informed(const std::string& application) const;
  void happened(const std::string& application) { changed_[application] = ++sequence_; }

  struct Pass {
    bool hindered = false;  // a call went wrong, or was answered with what was
    bool misled = false;    // … the latter
    bool was_told_late = false;
    // By container: all that it was at any time since the pass began to look.
    std::map<std::string, std::vector<std::string_view>> true_since;
    std::set<std::string> dead;  // servers that led nowhere when it began
  };
  struct JobTruth {  // of the newest container of a name
    std::string id;
    bool started = false;
    bool ended = false;
    bool well = false;  // it ended by itself, and its work is done
  };
  struct Slot {  // a replica's name, over all containers that have had it
    int starts = 0;
    std::optional<int> stopped_at;  // the turn at which the newest one's stop was decided, or it was removed
    bool was_unwell = false;        // then
    bool is_blurred = false;
  };
  struct Asking {
    int asked = 0;
    int granted = 0;
    int refused = 0;
    int on_record = 0;
  };
  Models models_;
  std::map<std::string, Asking> askings_;      // by who asked
  std::uint64_t looked_at_ = 0;                // changes of the models as of the newest look
  std::map<std::string, JobTruth> job_truth_;  // by container name
  std::map<std::pair<std::string, std::string>, ports::LedgerKey>
      confirmed_;                                                        // by application and job, until it starts
  std::set<std::tuple<std::string, std::string, std::string>> others_;   // at work: database, application, job
  std::set<std::tuple<std::string, int, std::string>> fit_;              // application, revision, job
  std::set<std::tuple<std::string, int, std::string>> hooks_on_record_;  // … that have succeeded
  std::vector<std::pair<std::string, std::string_view>> registered_;     // servers as of the newest look
  std::vector<std::pair<std::string, std::string>>
      nowhere_;                         // … behind which nothing runs: load balancer/backend/server
  std::map<std::string, Pass> passes_;  // by application: the newest
  std::map<std::string, objects::ApplicationStatus> shown_;  // likewise
  std::map<std::string, std::pair<Time, int>> dead_for_;     // by load balancer/backend/server: passes that let it be
  std::map<std::string, int> stops_;                         // by container id: the turn at which its stop was decided
  std::map<std::string, Time> started_at_;                   // by container id
  std::map<std::string, Time> shared_at_;         // by rollout: when what old and new share was seen to be down last
  Time jumped_at_{};                              // when a clock was set
  std::map<std::string, Time> unwell_at_;         // by container id: when it was last seen not to be well
  std::uint64_t probes_ = 0;                      // so far
  std::map<std::string, std::uint64_t> well_in_;  // by container id: its newest probe that was answered well
  std::map<std::string, std::uint64_t> failing_from_;  // by container id: its first probe that failed since
  std::map<std::string, spec::Phase> phases_;          // by rollout, as committed last
  int late_ = 0;
  std::uint64_t sequence_ = 1;
  std::map<std::string, std::uint64_t> seen_;     // by application: when its pass began to look
  std::map<std::string, std::uint64_t> changed_;  // by application: when something last happened by itself
  std::set<std::string> blurred_;
  std::map<std::string, int> retries_;
  std::set<std::tuple<std::string, std::string, std::string>> done_;         // application, job, image id
  std::map<std::tuple<std::string, int, std::string>, int> attempts_;        // application, revision, job
  std::map<std::tuple<std::string, int, std::string>, int> retries_before_;  // … at its newest start
  std::set<std::string> counted_;                                            // ids of containers whose start is counted
  std::map<std::string, std::string> application_of_;                        // by container id
  std::map<std::string, bool> alive_;                                        // by container id
  std::map<std::string, bool> taking_;                                       // traffic, by load balancer/backend/server
  std::set<std::pair<Promise, std::string>> reported_;
  std::vector<Violation> violations_;
  EffectCounts counts_;
  std::map<std::string, int> turns_;  // by application: how often something else may have been wanted than before
  std::map<std::string, Slot> slots_;
  std::set<std::tuple<std::string, std::string, std::string>> attempted_;  // application, job, and image or revision
};

}  // namespace teal::simulation
