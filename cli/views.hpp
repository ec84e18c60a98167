// Applications, rollouts, events and the audit as the API shows them (manifests/api), with what people are told of
// them. Read leniently: what is missing, or unknown here, is empty.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "manifests/api/audit.hpp"
#include "manifests/api/event.hpp"
#include "manifests/api/rollout.hpp"
#include "manifests/api/status.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::cli {

using ConditionView = objects::Condition;
using ReplicaView = objects::ReplicaStatus;
using ComponentView = objects::ComponentStatus;

// The number at the end of its name; replicas are asked for by it.
[[nodiscard]] std::optional<std::int64_t> index_of(const ReplicaView& replica);

struct ApplicationView : objects::ApplicationStatus {
  std::string name;
  std::string version;  // wanted
  std::int64_t generation = 0;
  std::optional<Time> created;
  bool migrates_itself = false;  // migration.mode: ApplicationManaged

  [[nodiscard]] const ConditionView* condition(std::string_view type) const;
};

// The rollout's phase in which it runs: "Migrating".
[[nodiscard]] std::string_view runs_in(const objects::JobStatus& job);

struct RolloutView : objects::RolloutStatus {
  std::string name;
  std::string application;
  std::int64_t revision = 0;
  std::optional<std::int64_t> generation;

  // The message, with the first cause of a rollback where the message does not name it itself.
  [[nodiscard]] std::string why() const;
  // "back to revision 5, asked for by ann"; empty when it is none.
  [[nodiscard]] std::string rollback_text() const;
  // Complete, RolledBack, Failed or Superseded.
  [[nodiscard]] bool ended() const;
};

// "Rollout/shop-7"
[[nodiscard]] std::string object_of(const objects::EventObject& event);

struct AuditView : objects::AuditObject {
  [[nodiscard]] bool denied() const { return outcome == "Denied"; }
  // "POST /apis/teal/v1/applications/shop/retry"
  [[nodiscard]] std::string request() const;
  // The places that its patch changes, the first few.
  [[nodiscard]] std::string changed() const;
  // "root", "ci (token)", "ann (client certificate)": a token may bear a user's name. Users of the Unix socket,
  // manifest files and whoever proved nothing stand for themselves.
  [[nodiscard]] std::string who_and_how() const;
  // "update", "denied 403", "denied 403, 37 times"
  [[nodiscard]] std::string what() const;
  // "3", "3 -> 4"; empty when there was and is none.
  [[nodiscard]] std::string generations() const;
};

[[nodiscard]] ApplicationView read_application(const boost::json::value& value);
[[nodiscard]] RolloutView read_rollout(const boost::json::value& value);
[[nodiscard]] objects::EventObject read_event(const boost::json::value& value);
[[nodiscard]] AuditView read_audit_entry(const boost::json::value& value);

}  // namespace teal::cli
