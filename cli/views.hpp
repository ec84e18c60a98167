// Applications, rollouts and events as the API shows them, read leniently: what is missing is empty.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/foundation/time.hpp"
#include "manifests/status.hpp"

namespace teal::cli {

using ConditionView = Condition;
using ReplicaView = ReplicaStatus;
using ComponentView = ComponentStatus;

// The number at the end of its name; replicas are asked for by it.
[[nodiscard]] std::optional<std::int64_t> index_of(const ReplicaView& replica);

struct ApplicationView : ApplicationStatus {
  std::string name;
  std::string version;  // wanted
  std::int64_t generation = 0;
  std::optional<Time> created;

  [[nodiscard]] const ConditionView* condition(std::string_view type) const;
};

struct PhaseView {
  std::string phase;
  std::optional<Time> started;
  std::optional<Time> finished;
};

struct JobView {
  std::string job;
  std::string hook;     // where it runs, "beforeMigration"; empty: a job of the migration
  std::string runs_in;  // the rollout's phase: "Migrating"
  std::string state;
  std::int64_t attempts = 0;
  std::optional<std::int64_t> exit_code;
  std::string message;
  std::optional<Time> started;
  std::optional<Time> finished;
};

// How far the pull of its image is, or was.
struct PullView {
  std::int64_t layers_done = 0;
  std::int64_t layers = 0;
  std::int64_t bytes_done = 0;
  std::int64_t bytes = 0;
};

struct AnalysisView {
  std::string name;
  std::string limit;
  std::string state;
  std::string answer;
  std::int64_t failures = 0;
};

// What was seen of one container when the rollout failed.
struct EvidenceView {
  std::string container;
  std::string text;  // "exited with code 137 (out of memory)", "503: database unreachable (3 failed in a row)"
  std::string body;  // of its last health check's answer
  std::string log;   // its last lines
};

// What was seen of one server of a load balancer, or of a load balancer that did not answer.
struct ServerEvidenceView {
  std::string text;      // "edge/shop_api teal-shop-api-r7-0 Down: L7STS 503, 2 sessions, 3 errors"
  bool failing = false;  // of a replica that failed, or it shows an error itself
};

struct RolloutView {
  std::string name;
  std::string application;
  std::int64_t revision = 0;
  std::optional<std::int64_t> generation;
  std::string phase;
  std::string reason;
  std::string message;
  std::string failure;
  std::string from_version;
  std::string to_version;
  std::string image_digest;
  std::optional<Time> started;
  std::optional<Time> finished;
  std::vector<PhaseView> phases;
  std::optional<PullView> pull;  // none: nothing was pulled
  std::vector<JobView> jobs;     // of the migration
  std::vector<JobView> hooks;
  std::string final_version;  // hops: Automatic: the version that this is a stop on the way to
  std::string followed_by;  // "retry" or "rollback", asked for since it ended
  std::int64_t probes = 0;
  std::int64_t failed = 0;
  std::vector<AnalysisView> analysis;
  std::vector<EvidenceView> evidence;  // of what failed
  std::vector<ServerEvidenceView> server_evidence;
  std::string rollback;                      // "back to revision 5, asked for by ann"; empty when it is none
  std::int64_t balancer_errors = 0;          // that load balancers counted meanwhile
  std::optional<double> latency_p50;         // of the probes, in seconds
  std::optional<double> latency_p99;
  std::optional<double> latency_max;

  // The message, with the first cause of a rollback where the message does not name it itself.
  [[nodiscard]] std::string why() const;
  // Complete, RolledBack, Failed or Superseded.
  [[nodiscard]] bool ended() const;
};

struct EventView {
  std::optional<Time> time;
  std::string type;
  std::string reason;
  std::string message;
  std::string object;
};

struct AuditView {
  std::optional<Time> time;
  std::string who;
  std::string proof;
  std::string from;
  std::string request;  // "POST /apis/teal/v1/applications/shop/retry"
  std::string application;
  std::string action;
  std::int64_t generation_before = 0;
  std::int64_t generation_after = 0;
  std::string changed;  // the places that its patch changes, the first few
  std::string reason;
  bool denied = false;
  std::int64_t code = 0;
  std::int64_t count = 1;

  // "root", "ci (token)", "ann (client certificate)": a token may bear a user's name. Users of the Unix socket, manifest
  // files and whoever proved nothing stand for themselves.
  [[nodiscard]] std::string who_and_how() const;
  // "update", "denied 403", "denied 403, 37 times"
  [[nodiscard]] std::string what() const;
  // "3", "3 -> 4"; empty when there was and is none.
  [[nodiscard]] std::string generations() const;
};

[[nodiscard]] ApplicationView read_application(const boost::json::value& value);
[[nodiscard]] RolloutView read_rollout(const boost::json::value& value);
[[nodiscard]] EventView read_event(const boost::json::value& value);
[[nodiscard]] AuditView read_audit_entry(const boost::json::value& value);

}  // namespace teal::cli
