#include "daemon/access/role.hpp"

#include <algorithm>
#include <array>

namespace teal::access {

std::span<const Name<Role>> names_of(Role) {
  static constexpr std::array<Name<Role>, 3> table{
      {{Role::Viewer, "viewer"}, {Role::Operator, "operator"}, {Role::Admin, "admin"}}};
  return table;
}

std::string_view to_string(Role role) { return role == Role::Nobody ? "nobody" : name_of(role); }

std::optional<Role> parse_role(std::string_view text) {
  const auto names = names_of(Role{});
  const auto found = std::ranges::find(names, text, &Name<Role>::text);
  if (found == names.end()) return std::nullopt;
  return found->value;
}

}  // namespace teal::access
