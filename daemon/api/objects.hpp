// What is on record, as the API shows it: the values of manifests/api, whose descriptions make the JSON. Credentials
// that stand in a spec are masked (C2).
#pragma once

#include <boost/json/object.hpp>
#include <string_view>
#include <vector>

#include "controllers/plan/inspect_databases.hpp"
#include "controllers/ports/store.hpp"
#include "controllers/status/status.hpp"
#include "daemon/api/list_pages.hpp"
#include "manifests/api/audit.hpp"
#include "manifests/api/database.hpp"
#include "manifests/api/event.hpp"
#include "manifests/api/rollout.hpp"

namespace teal::api {

[[nodiscard]] boost::json::object application_object(const status::ApplicationView& view);
[[nodiscard]] objects::RolloutObject rollout_object(const records::RolloutRecord& record);
[[nodiscard]] objects::EventObject event_object(const ports::StoredEvent& event);
[[nodiscard]] objects::AuditObject audit_object(const records::AuditEntry& entry);
[[nodiscard]] objects::PreflightObject preflight_object(const std::string& application,
                                                        const std::vector<plan::DatabasePreflight>& found);

// A list's outside; `items` are added by the caller.
[[nodiscard]] boost::json::object list_object(std::string_view kind, std::uint64_t resource_version,
                                              boost::json::array items, const MoreToCome& more = {});

}  // namespace teal::api
