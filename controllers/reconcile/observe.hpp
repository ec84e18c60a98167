// Reads the world through the ports, for one pass of one application.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/environment/masking.hpp"
#include "controllers/ports/ports.hpp"
#include "controllers/reconcile/second_look.hpp"
#include "controllers/records/record.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal::reconcile {

// What the engine was seen to have, in its own words: by this a second look tells whether anything is different.
struct Sighting {
  std::vector<world::Container> containers;
  std::vector<world::Stranger> strangers;
  std::map<std::string, std::vector<world::Container>> of_others;

  bool operator==(const Sighting&) const = default;
};

// What one teald remembers between passes and may forget: nothing here is needed for a correct outcome.
struct PassMemory {
  std::optional<Sighting> sighting;                        // of the pass under way
  std::map<std::string, rollout::Failure> failures;        // by action key
  std::map<std::string, rollout::DatabaseSeen> databases;  // by job; entries are never taken away
  std::set<std::string> running;                           // action keys
  int pulling = 0;                                         // pulls among them
  MissingServers missing_servers;
  MissingServers missing_before;                  // … when the pass under way began
  std::map<std::string, std::string> last_words;  // by container id
  std::shared_ptr<const masking::Mask> secrets =
      std::make_shared<const masking::Mask>();  // what containers may say and nobody may read (C2)
  std::optional<Time> secrets_at;               // when they were read
  environment::GivenMasks given;                // … and what each of them got
  std::set<std::string> strangers;              // ids and names of those that an event has told of
  std::string pulled;                           // rollout name for which the image was pulled
  std::optional<Time> observed_at;              // when the world was last seen
  bool was_blind = false;                       // … for the first time after it could not be seen for long
};

// Why a spec cannot run on the engine that it names, all revisions of an application being on one; empty when it can.
[[nodiscard]] std::string engine_problem(const ports::Ports& ports, const spec::ApplicationSpec& spec,
                                         const std::optional<records::Revision>& active);

// One backend, whoever's servers are in it, and with `asks_for_obstacles` what would keep a new server from serving.
[[nodiscard]] boost::asio::awaitable<rollout::BackendView> observe_backend(const ports::Ports& ports,
                                                                           std::string application,
                                                                           std::string load_balancer,
                                                                           std::string backend,
                                                                           bool asks_for_obstacles);

// Also tells the health monitor what to probe. An engine that does not answer is an error; a load balancer that does
// not is a `problem` of its BackendView, since much can be done without it.
[[nodiscard]] boost::asio::awaitable<Result<rollout::Observed>> observe(
    const ports::Ports& ports, const records::ApplicationRecord& desired,
    const std::optional<records::RolloutRecord>& record, PassMemory& memory);

// Before what was decided is done: whether the engine still has what `observe` has seen, which may have been kept and
// not been asked for. Errors: the engine's.
[[nodiscard]] boost::asio::awaitable<Result<bool>> is_as_seen(const ports::Ports& ports,
                                                              const records::ApplicationRecord& desired,
                                                              const std::optional<records::RolloutRecord>& record,
                                                              const PassMemory& memory);
// … and when it has not: observes anew, with what was taken for `seen` and is told only once.
[[nodiscard]] boost::asio::awaitable<Result<rollout::Observed>> observe_again(
    const ports::Ports& ports, const records::ApplicationRecord& desired,
    const std::optional<records::RolloutRecord>& record, PassMemory& memory, const rollout::Observed& seen);

}  // namespace teal::reconcile
