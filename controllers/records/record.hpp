// What Teal remembers of an application: all of it is in the store before anything is done in the world (O3).
//
// ApplicationRecord is what was asked for, and by whom. RolloutRecord is one attempt to get there; the newest one also
// carries the revision that takes traffic, so that `decide` needs nothing else.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "controllers/world/analysis.hpp"
#include "controllers/world/container.hpp"
#include "controllers/world/database.hpp"
#include "controllers/world/latency.hpp"
#include "manifests/api/analysis.hpp"
#include "manifests/api/evidence.hpp"
#include "manifests/api/pull_progress.hpp"
#include "manifests/spec/application.hpp"
#include "manifests/spec/phase.hpp"
#include "manifests/spec/reason.hpp"

namespace teal::records {

// What is known of the values that a spec with restartOnChange reads from elsewhere. Never a value: a fingerprint says
// only, to whoever has teald's key, whether it is the same one.
struct ValuesRecord {
  std::map<std::string, std::string> fingerprints;  // by where it stands and is read from
  int changes = 0;                                  // how often any of them has changed
  bool known = false;                               // they were read since the spec asked for it
  std::string problem;                              // why one of them cannot be read now; empty when all can

  bool operator==(const ValuesRecord&) const = default;
};

struct ApplicationRecord {
  spec::Application application;
  std::string uid;              // of this application's life, from creation to deletion
  std::int64_t generation = 1;  // counts changes of the spec
  std::string file;             // the manifest file that owns it; empty when it came through the API
  bool orphaned = false;        // its file is gone; it runs on until `teal delete`
  std::string problem;          // why the newest text of its file is not in force; empty when it is
  bool deleting = false;
  Time created_at{};
  ValuesRecord values;
  std::string spec_by;  // who asked for the spec in force: to_string(Requester), or the manifest file

  bool operator==(const ApplicationRecord&) const = default;
};

// A spec that is, was or shall be running.
struct Revision {
  int number = 0;
  spec::Application application;
  std::string image_id;  // what its containers are created from; empty until Preparing has resolved it
  std::string image_digest;
  bool image_named_by_digest = false;  // world::Image; false also in records of releases that did not tell
  int values_changes = 0;              // ValuesRecord::changes when it began

  bool operator==(const Revision&) const = default;
};

BOOST_DEFINE_ENUM_CLASS(JobState, NotNeeded, Pending, Running, Succeeded, Failed, Unknown)

// What is known of the database that a job changes, for jobs that name one.
struct DatabaseRecord {
  bool locked = false;          // teald held the migration lock when it last looked
  std::string holder;           // who else holds it, in words; empty: nobody
  std::int64_t ledger_row = 0;  // id of the newest attempt's; 0: none
  std::string outcome;          // what that row says; empty: under way
  std::string fingerprint_before;
  std::string fingerprint_after;
  std::optional<JobState> verdict;  // how its container ended, on record before the ledger is told
  std::optional<Time> ended_at;     // when that was decided
  std::optional<Time> checked_at;   // its preflight
  std::vector<objects::Finding> findings;

  bool operator==(const DatabaseRecord&) const = default;
};

struct JobRecord {
  std::string job;
  JobState state = JobState::Pending;
  int attempts = 0;  // containers made for it by this rollout
  std::optional<int> exit_code;
  std::string detail;  // why Failed or Unknown, in words
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  std::optional<Time> timed_out_at;  // when its one SIGTERM was decided on
  std::optional<JobState> repeats;   // how the attempt ended that the next or present one repeats by itself
  DatabaseRecord database;

  bool operator==(const JobRecord&) const = default;
};

struct PhaseSpan {
  spec::Phase phase = spec::Phase::Pending;
  Time started_at{};
  std::optional<Time> finished_at;

  bool operator==(const PhaseSpan&) const = default;
};

struct TrafficCount {
  std::uint64_t probes = 0;
  std::uint64_t failed = 0;
  world::LatencyCounts latency;                        // of teald's probes
  std::map<std::string, std::uint64_t> errors;         // that load balancers counted, by component
  std::map<std::string, std::uint64_t> seen_errors;    // by load balancer/backend/server: its counter when last read
  std::map<std::string, std::uint64_t> seen_requests;  // the same of requests
  std::map<std::string, std::uint64_t> reached;        // by load balancer/backend: requests to its servers in Verifying

  bool operator==(const TrafficCount&) const = default;
};

// One stop of one container: intent first, then the signal, then the engine's word that it was delivered.
struct StopRecord {
  Time decided_at{};  // of the newest try: the grace counts from here
  bool delivered = false;
  int tries = 1;                // more than one only after an interruption, or when the engine does not tell of signals
  std::string kill_asked_by{};  // of a job: who wants it killed, by `teal end-job`; empty: nobody
  std::optional<Time> killed_at{};  // of a job: when it was last decided to kill it

  bool operator==(const StopRecord&) const = default;
};

struct RestartRecord {
  int count = 0;
  Time last_at{};
  std::string container;  // id of the one that ended last: each is counted once
  int forgiven = 0;       // of them, those that ended together with replicas of the other revision

  bool operator==(const RestartRecord&) const = default;
};

// A replica that takes no traffic since it fails its own health check while others are well
// (rollout/replicas/set_aside).
struct AsideRecord {
  Time since{};
  bool given_back = false;  // no other is well either, so it takes traffic all the same

  bool operator==(const AsideRecord&) const = default;
};

// `teal rollback`, noted on a rollout that has ended: the next one goes back.
struct RollbackOrder {
  Revision to;  // as it was on record: the same spec, the same image
  std::string by;
  std::string note;  // what becomes of the schema; empty when nothing was migrated

  bool operator==(const RollbackOrder&) const = default;
};

// Where a rollout that goes back comes from. The spec in force is not what it is for.
struct RollbackOrigin {
  int to_revision = 0;
  std::string by;
  std::string note;
  spec::Application shelved;  // the spec in force: not tried again by itself before it changes, or `retry`

  bool operator==(const RollbackOrigin&) const = default;
};

// Why time does not count towards a phase's deadline.
enum class Excuse {
  None,
  NotAllowedYet,  // its window, the upgrade policy, an engine that teald.yaml does not have
  AwaitingApproval,
  Paused,
  Working,  // a job that runs, a lock that others hold, a ledger that is written: bounded by their own timeouts
  Baking,
  KeepingOld,
  Stopping,          // a container has its grace
  MakingRoom,        // the old replicas come once the new have left
  SharedDependency,  // what old and new replicas share is down
  WaitingForTurn,    // others on its engine go first
};

// How long the phase has made no progress: its deadline counts from `since`.
struct Patience {
  std::optional<Time> since;  // of the last progress, or of the last moment that did not count
  Excuse excuse = Excuse::None;

  bool operator==(const Patience&) const = default;
};

// Whose fault it is that replicas fail their checks.
struct Blame {
  enum class Whose {
    Nobody,
    NewRevision,  // it alone was first seen to fail at `at`; the old one is still to be asked
    Shared,       // old and new last failed together at `at`: what they share was down
  };
  Whose whose = Whose::Nobody;
  Time at{};

  bool operator==(const Blame&) const = default;
};

// A load balancer that does not answer, or a backend whose checks all fail.
struct SilenceRecord {
  Time since{};
  bool told = false;  // in an event; the one of its return is owed

  bool operator==(const SilenceRecord&) const = default;
};

// How far what ran before Teal (`adopt`) has come.
BOOST_DEFINE_ENUM_CLASS(Predecessors, Serving, Out, Stopped)

struct RolloutRecord {
  // Where a rollout goes. Fixed when it begins, but for what is edited in place.
  struct Course {
    Revision target;
    std::optional<Revision> active;          // what takes traffic; the target's once Complete
    std::string from_version;                // what took traffic when it began; empty on first installation
    std::string final_version;               // hops: Automatic: the version that the target is a stop on the way to
    std::string same_image;                  // what to tell people when it is the image that serves already; else empty
    std::string requested_by;                // who asked for what it rolls out; empty: an older teald began it
    std::optional<spec::Strategy> strategy;  // fixed when it leaves Pending; an edited one counts for the next rollout
    bool newer_ledger_accepted = false;  // `teal retry`, although a database knows of newer revisions than the store
    std::optional<RollbackOrigin> back;  // it goes back to an earlier revision; none: towards the spec (rollout/rules)

    bool operator==(const Course&) const = default;
  };

  // How far it has come.
  struct Standing {
    spec::Phase phase = spec::Phase::Pending;
    std::vector<PhaseSpan> phases;        // those that it has been in, the present one last
    std::optional<spec::Phase> awaiting;  // AwaitingApproval: the phase that approval lets it enter
    int progress = 0;                     // of the phase: replicas ready, servers up, servers gone …
    Patience patience;
    Blame blame;
    std::optional<Time> bake_from;      // the bake counts from here: it was last interrupted then
    std::uint64_t verified_probes = 0;  // traffic probes that succeeded since Verifying began

    bool operator==(const Standing&) const = default;
  };

  // What people have asked of it.
  struct Orders {
    bool paused = false;  // also by teald itself, when a failure is to be looked at
    bool approved = false;
    bool retry = false;                     // of what has failed; after its end: the same spec once more
    std::optional<RollbackOrder> rollback;  // asked for after its end: the next rollout goes back
    bool maintenance = false;               // clients get a page that says so, in this rollout and those after it

    bool operator==(const Orders&) const = default;
  };

  // What it comes to, in words that everybody is shown.
  struct Outcome {
    spec::Reason reason;
    std::string message;          // a sentence
    spec::Reason failure_reason;  // the first cause, kept through RollingBack to the end
    std::string failure;
    spec::Phase settles_as = spec::Phase::RolledBack;  // what RollingBack ends as: RolledBack, Failed or Superseded
    std::optional<Time> finished_at;
    std::optional<objects::Evidence> evidence;  // of the newest failure
    std::vector<objects::ServerEvidence>
        removed_servers;  // of the target's replicas that ended; until evidence is taken

    bool operator==(const Outcome&) const = default;
  };

  // What is on its way out.
  struct Leaving {
    std::map<std::string, Time> draining;        // server name → when its drain was decided
    std::map<std::string, StopRecord> stopping;  // container id → its stop

    bool operator==(const Leaving&) const = default;
  };

  std::string application;
  std::int64_t generation = 0;  // of the spec that this rollout is for
  Time started_at{};
  Course course;
  Standing standing;
  Orders orders;
  Outcome outcome;
  Leaving leaving;
  std::map<std::string, SilenceRecord> silences;      // by load balancer
  std::map<std::string, SilenceRecord> failing_open;  // by load balancer and backend: "edge/shop_api"
  std::vector<JobRecord> jobs;                        // of the migration
  std::vector<JobRecord> hooks;                       // each once per rollout, whatever the ledger says
  std::vector<objects::AnalysisRecord> analysis;      // of the bake, in the manifest's order
  std::map<std::string, RestartRecord> restarts;      // container name → replacements so far
  std::map<std::string, std::string> made;            // name of a replica's container → the id of the one that we made
  std::map<std::string, AsideRecord> aside;           // by container id
  std::map<std::string, std::string> admitted;  // name of a replica's server that took traffic → its container's id
  Predecessors predecessors = Predecessors::Serving;
  TrafficCount traffic;
  std::optional<objects::PullProgress> pull;  // of the target's image
  bool pulled = false;                        // teald itself brought that image here, for this rollout
  std::uint64_t version = 0;                  // the store's; a commit is conditional on it

  bool operator==(const RolloutRecord&) const = default;
};

[[nodiscard]] std::string_view to_string(JobState state);

// "generator-7"
[[nodiscard]] std::string rollout_name(const RolloutRecord& record);

// The spec whose engine holds this application's containers: one engine for all of its revisions.
[[nodiscard]] const spec::ApplicationSpec& placed_by(const RolloutRecord& record);

// The revision's containers have other values than what is wanted now (restartOnChange).
[[nodiscard]] bool has_old_values(const ApplicationRecord& desired, const Revision& revision);

// Complete, RolledBack, Failed, Superseded: nothing of it is left to do.
[[nodiscard]] bool is_terminal(spec::Phase phase);

}  // namespace teal::records
