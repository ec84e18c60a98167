// An Application as canonical JSON, in the contract's shape: defaults filled in, maps sorted, durations as text.
//
// parse_application(serialize(to_json(a))) gives a again.
#pragma once

#include <boost/json/object.hpp>

#include "manifests/application.hpp"

namespace teal {

// apiVersion, kind, metadata {name, labels}, spec.
[[nodiscard]] boost::json::object to_json(const Application& application);
[[nodiscard]] boost::json::object to_json(const ApplicationSpec& spec);

// The same for everybody's eyes (C2): credentials that were written into the manifest itself and passwords in
// connection strings are masked as "***". Not for storing: it cannot be turned back.
[[nodiscard]] boost::json::object to_public_json(const Application& application);

// "postgres://user:secret@host/db" → "postgres://user:***@host/db", wherever it stands in a text; also "password=…"
// words.
[[nodiscard]] std::string mask_connection_strings(std::string_view text);

}  // namespace teal
