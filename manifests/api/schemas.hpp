// The OpenAPI schemas of the API's objects: `components.schemas`, generated from their descriptions, so that no field
// is sent that is not in them. Uses OpenAPI 3.0, which supports less than JSON schema.
#pragma once

#include <boost/json/object.hpp>

namespace teal::objects {

// By kind: Application, Rollout, Event, AuditEntry, Plan, Preflight, Status, Version, lists of them, and their parts.
[[nodiscard]] boost::json::object api_schemas();

}  // namespace teal::objects
