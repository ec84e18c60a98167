// JSON Patch (RFC 6902) and JSON Merge Patch (RFC 7386).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "manifests/foundation/result.hpp"

namespace teal::api {

// All of it or nothing. Errors: invalid, where it is no patch; conflict, where a path is not there or a test fails, as
// it is for an object that is another than the one that the patch was written for.
[[nodiscard]] Result<boost::json::value> patched(boost::json::value document, const boost::json::array& patch);

// The depth is the parser's bound.
void merge(boost::json::value& target, const boost::json::value& patch);

}  // namespace teal::api
