// The actions that a Decision can request. Each is idempotent: names are deterministic and the engine refuses a name
// that is taken.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "controllers/world/database.hpp"
#include "manifests/spec/application.hpp"

namespace teal::rollout {

struct PullImage {
  std::string reference;
  bool operator==(const PullImage&) const = default;
};

// Creates the container of one attempt. It is started by a later action, once the record says that the attempt began:
// so a container that is missing then is known to have been there.
struct CreateJob {
  int revision = 0;
  std::string job;
  int attempt = 1;
  std::string container;
  bool operator==(const CreateJob&) const = default;
};

// Creates a replica's container and starts it.
struct RunReplica {
  int revision = 0;
  std::string component;
  int index = 0;
  std::string container;
  bool operator==(const RunReplica&) const = default;
};

// Starts a container that was created and never started.
struct StartContainer {
  std::string id;
  std::string container;
  int revision = 0;
  bool serves = true;  // a replica, which must be free of migration credentials (C1); else a job
  bool operator==(const StartContainer&) const = default;
};

struct SendStop {
  std::string id;
  std::string container;
  std::string signal;
  bool operator==(const SendStop&) const = default;
};

// Keeps its output in the store, then kills it if it still runs and removes it.
struct RemoveContainer {
  std::string id;
  std::string container;
  int revision = 0;
  bool operator==(const RemoveContainer&) const = default;
};

// Ends a container that is not Teal's, since `adopt.stop` says so.
struct StopPredecessor {
  std::string id;
  std::string container;
  bool operator==(const StopPredecessor&) const = default;
};

struct AttachServer {
  std::string load_balancer;
  std::string backend;
  std::string server;
  std::string address;
  spec::HealthCheck health;
  bool operator==(const AttachServer&) const = default;
};

struct AdmitServer {
  std::string load_balancer;
  std::string backend;
  std::string server;
  bool operator==(const AdmitServer&) const = default;
};

struct DrainServer {
  std::string load_balancer;
  std::string backend;
  std::string server;
  bool operator==(const DrainServer&) const = default;
};

struct DetachServer {
  std::string load_balancer;
  std::string backend;
  std::string server;
  bool cut_sessions = false;
  bool operator==(const DetachServer&) const = default;
};

// Asks the database of a migration job, or tells it; the answer is what the next pass sees of it.
enum class DatabaseStep { Preflight, Look, Lock, Begin, Finish, Abandon, Unlock, Grants };

struct AskDatabase {
  DatabaseStep step = DatabaseStep::Look;
  int revision = 0;
  std::string job;
  int attempt = 0;
  world::LedgerOutcome outcome = world::LedgerOutcome::Unknown;  // Finish only
  std::optional<int> exit_code;                                  // Finish only
  bool operator==(const AskDatabase&) const = default;
};

using Action = std::variant<PullImage, CreateJob, RunReplica, StartContainer, SendStop, RemoveContainer, AttachServer,
                            AdmitServer, DrainServer, DetachServer, StopPredecessor, AskDatabase>;

// Which action this is, for people and for counting its failures: "start teal-shop-api-r7-0".
[[nodiscard]] std::string key(const Action& action);

// It may take long, so the application is looked after meanwhile.
[[nodiscard]] bool is_in_background(const Action& action);

}  // namespace teal::rollout
