// What OpenAPI says of the objects that the API shows: `components.schemas`, out of their descriptions, so that no
// field is sent that is not in it. In the words of OpenAPI 3.0, which knows less than a JSON schema.
#pragma once

#include <boost/json/object.hpp>

namespace teal::objects {

// By kind: Application, Rollout, Event, AuditEntry, Plan, Preflight, Status, Version, lists of them, and their parts.
[[nodiscard]] boost::json::object api_schemas();

}  // namespace teal::objects
