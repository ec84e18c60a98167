// What a route requires of its caller. There is no default: a route without it does not compile.
#pragma once

#include "daemon/access/role.hpp"

namespace teal::access {

// Which applications a request concerns: what an identity that is limited to some of them may still do.
enum class Reach {
  Nothing,      // none: liveness, the page's files, the API's description
  Application,  // the one that the path names
  Rollout,      // the one whose rollout the path names
  Filtered,     // many; the handler leaves out those that the identity does not see
  Everything,   // all of them together, and nothing can be left out: refused to a limited identity
};

class RequiredAccess {
 public:
  constexpr RequiredAccess(Role its_role, Reach its_reach) : RequiredAccess(its_role, its_reach, its_role) {}
  // A request with a body may need more than one without.
  constexpr RequiredAccess(Role its_role, Reach its_reach, Role its_role_with_body)
      : role(its_role), role_with_body(its_role_with_body), reach(its_reach) {}

  Role role;
  Role role_with_body;
  Reach reach;
};

}  // namespace teal::access
