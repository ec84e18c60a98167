// What a reason or a key of a manifest means, out of the texts that are in the program: docs/troubleshooting.md and the
// schema of manifests.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"

namespace teal::cli {

// The reasons that the document (Markdown) has a section for, in its order.
[[nodiscard]] std::vector<std::string> explained_reasons(std::string_view document);

// The section of a reason, in letters of any case, as it stands there; empty: there is none.
[[nodiscard]] std::string explained_reason(std::string_view document, std::string_view reason);

// A key of a manifest: "spec.components.health", with or without "spec." and with or without "[]" or an index behind
// lists. Its type, default and bounds, and the keys below it. Errors: not_found, naming the keys that there are
// instead.
[[nodiscard]] Result<std::string> explained_key(const boost::json::object& schema, std::string_view path);

}  // namespace teal::cli
