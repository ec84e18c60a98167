// Responses of registries, AWS and helper programs, read defensively and shown without their secrets.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::registries {

// Errors: unavailable, saying that `what` is no JSON, and never what it is.
[[nodiscard]] Result<boost::json::value> parse_json(std::string_view text, std::string_view what);
// A member's text; empty when it is none.
[[nodiscard]] std::string text_of(const boost::json::value& value, std::string_view key);

// For people: one line of at most 300 visible bytes, without any of `secrets`, in whatever form.
[[nodiscard]] std::string presentable(std::string_view text, const std::vector<masking::Secret>& secrets);

}  // namespace teal::registries
