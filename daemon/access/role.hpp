// The roles, in the contract's names: each role includes the rights of the ones before it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "manifests/spec/names.hpp"

namespace teal::access {

enum class Role { Nobody, Viewer, Operator, Admin };

// Of those that can be given, for the readers of manifests/parse.
[[nodiscard]] std::span<const Name<Role>> names_of(Role);

[[nodiscard]] std::string_view to_string(Role role);  // "viewer"; "nobody"
// Of a role that can be given; "nobody" cannot.
[[nodiscard]] std::optional<Role> parse_role(std::string_view text);

}  // namespace teal::access
