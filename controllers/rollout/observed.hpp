// The world as one pass sees it. `observe` fills it from the ports; `decide` reads nothing else.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/world/analysis.hpp"
#include "controllers/world/certificate.hpp"
#include "controllers/world/container.hpp"
#include "controllers/world/database.hpp"
#include "controllers/world/health.hpp"
#include "controllers/world/predecessor.hpp"
#include "controllers/world/server.hpp"
#include "manifests/api/pull_progress.hpp"
#include "manifests/foundation/error.hpp"

namespace teal::rollout {

// What came of looking. That something is missing from an answer that is none proves nothing.
enum class Presence {
  Present,
  Absent,   // a backend that the load balancer does not have, or a load balancer that teald.yaml does not have
  Unknown,  // no answer, or one that makes no sense
};

// One backend of one load balancer that a known revision uses. Only our servers of this application are in it.
struct BackendView {
  std::string load_balancer;
  std::string backend;
  Presence presence = Presence::Present;
  std::string why;                     // it was not seen, for people
  std::vector<world::Server> servers;  // as they were seen; else empty, which says nothing
  world::Leftover leftover;            // what is under way out of their sight
  // Servers that are missing for the first time: only a second look makes that a fact.
  std::set<std::string> unconfirmed{};
  bool kept_by_teal = false;                  // its configuration is Teal's
  std::vector<world::Server> predecessors{};  // of others: what ran before Teal, as `adopt` names it
  std::vector<std::string> others{};          // all names of servers that are not ours; while there is `adopt`
  std::vector<std::string> obstacles;         // why a server could not serve there; looked at before a migration only
  std::vector<std::string> remarks;           // what does not hold for servers that are added there; likewise
};

// Consecutive failures of one action since it last succeeded; in memory only, so a restart of teald forgives.
struct Failure {
  Error error;
  int count = 0;
  Time first_at{};
  Time last_at{};
};

// What an engine is asked to do for few applications at a time.
enum class Turn { Pull, Start, Migrate };

// Whether it is this application's turn, among all that are on its engine.
struct TurnSeen {
  int room = std::numeric_limits<int>::max();  // so many more may begin now
  int before = 0;                              // others that are at it or go first

  bool operator==(const TurnSeen&) const = default;
};

// What was last seen of the database of one job; in memory only. Each answer bears the time at which it was complete.
struct DatabaseSeen {
  std::string owner;  // this store's id: whose rows of the ledger are ours
  int revision = 0;   // whose spec named the database: an answer says nothing of another revision's
  std::optional<world::DatabaseView> view;
  Time view_at{};
  std::optional<spec::DatabaseTarget> held_on;  // where the lock was taken for this job, whatever the spec says by now
  std::optional<std::vector<objects::Finding>> findings;
  Time findings_at{};
  std::optional<std::vector<std::string>> ungranted;
  Time ungranted_at{};
};

struct Observed {
  Duration unobserved{0};   // nobody looked for so long before this pass: teald was stopped, or had no answers
  bool first_look = false;  // the first pass after such a time: nothing is given up for what nobody could see
  std::optional<std::uint64_t> engine_room;  // free bytes for images and containers; looked at before a migration only
  std::string engine_problem;                // why the target cannot run on the engine that it names; empty: it can
  std::vector<world::Stranger> strangers;    // containers that look like ours and are not
  std::vector<world::Container> containers;  // ours, of this application, every revision and state
  std::map<std::string, std::vector<world::Container>> of_others;  // the same application's, by their owner
  std::vector<BackendView> backends;
  std::map<std::string, world::Certificate> certificates;  // by the host of a route, which it serves
  std::map<std::string, world::HealthView> health;         // by container id
  std::map<std::string, std::string> last_words;           // by container id: the last lines of those that have exited
  std::optional<world::Image> image;  // what the target's reference names on the engine now; only while Preparing
  bool pulled = false;                // this teald has pulled it for this rollout
  bool unverified = false;            // its registry has a public key, and it is not verified by that yet
  std::optional<objects::PullProgress> pulling;  // how far its pull is
  std::string tag_digest;          // what the active revision's tag was last seen to name; empty: it was not asked
  std::string migrated_digest;     // the image digest that `migrated` speaks of; empty: it says nothing
  std::set<std::string> migrated;  // jobs recorded as done for that digest
  world::TrafficView traffic;
  std::size_t traffic_targets = 0;  // load balancers that are probed through now; 0: there is nothing to verify through
  std::set<std::string> probed;     // components that are
  bool can_analyse = false;         // teald.yaml has a Prometheus
  std::vector<world::AnalysisView> analysis;
  std::optional<std::vector<world::Predecessor>> predecessors;  // containers of `adopt`; none: nobody looked
  std::map<std::string, DatabaseSeen> databases;                // by migration job
  std::map<std::string, Failure> failures;                      // by Action key
  std::set<std::string> running;                                // keys of actions that still run in the background
  std::map<Turn, TurnSeen> turns;                               // what is not in it goes at once
};

}  // namespace teal::rollout
