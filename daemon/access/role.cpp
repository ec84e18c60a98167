#include "daemon/access/role.hpp"

namespace teal::access {

std::string_view to_string(Role role) {
  switch (role) {
    case Role::Nobody:
      return "nobody";
    case Role::Viewer:
      return "viewer";
    case Role::Operator:
      return "operator";
    case Role::Admin:
      return "admin";
  }
  return "nobody";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const auto role : {Role::Viewer, Role::Operator, Role::Admin}) {
    if (text == to_string(role)) return role;
  }
  return std::nullopt;
}

}  // namespace teal::access
