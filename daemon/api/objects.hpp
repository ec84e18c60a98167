// What the API shows, as the contract's JSON. Credentials that stand in a spec are masked (C2).
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "controllers/plan/plan.hpp"
#include "controllers/ports/store.hpp"
#include "controllers/status/status.hpp"

namespace teal::api {

[[nodiscard]] boost::json::object application_object(const ApplicationView& view);
[[nodiscard]] boost::json::object rollout_object(const RolloutRecord& record);
[[nodiscard]] boost::json::object event_object(const StoredEvent& event);
[[nodiscard]] boost::json::object audit_object(const AuditEntry& entry);
[[nodiscard]] boost::json::object plan_object(const Plan& plan);

// A list's outside; `items` are added by the caller.
[[nodiscard]] boost::json::object list_object(std::string_view kind, std::uint64_t resource_version,
                                              boost::json::array items);

}  // namespace teal::api
