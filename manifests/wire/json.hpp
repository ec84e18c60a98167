// An Application as canonical JSON, in the contract's shape: defaults filled in, maps sorted, durations as text.
//
// parse_application(serialize(to_json(a))) gives a again.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/application.hpp"

namespace teal::wire {

// apiVersion, kind, metadata {name, labels}, spec.
[[nodiscard]] boost::json::object to_json(const spec::Application& application);
[[nodiscard]] boost::json::object to_json(const spec::ApplicationSpec& spec);

// The same for everybody's eyes (C2), with "***" for each literal whose name sounds secret or that is a credential, for
// secrets in connection strings and commands, and for the arguments of fromExec. Not for storing: it cannot be turned
// back.
[[nodiscard]] boost::json::object to_public_json(const spec::Application& application);

// Does that to a document that `to_json` made, or to a part of one. Returns the path of the first thing that was masked
// already, as it is shown by `to_public_json`; empty: nothing was.
std::string mask_document(boost::json::value& document);

// The paths of the literals that are masked in it, wholly or in part: "spec.env.DB_PASSWORD".
[[nodiscard]] std::vector<std::string> secrets_written_in(const spec::Application& application);

// A command for everybody's eyes, on one line.
[[nodiscard]] std::string masked_command(const std::vector<std::string>& command);

}  // namespace teal::wire
