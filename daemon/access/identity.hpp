// The caller of a request, as authenticated by access.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/access/role.hpp"

namespace teal::access {

struct Identity {
  Role role = Role::Nobody;
  std::string name = "anonymous";  // a Unix user, a token's name, a certificate's common name
  std::string proof;               // "unix peer", "token", "client certificate"; empty: none
  // Globs ("shop", "generator-*") of the applications that it may see and act on; empty: all of them.
  std::vector<std::string> applications;

  [[nodiscard]] bool sees(std::string_view application) const;
  [[nodiscard]] bool sees_all() const { return applications.empty(); }

  bool operator==(const Identity&) const = default;
};

}  // namespace teal::access
