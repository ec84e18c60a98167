#include "daemon/access/identity.hpp"

#include <fnmatch.h>

#include <algorithm>

namespace teal::access {

bool Identity::sees(std::string_view application) const {
  // A pattern holds no sign of fnmatch's but * (is_application_pattern).
  const std::string text{application};
  return sees_all() || std::ranges::any_of(applications, [&](const std::string& pattern) {
           return ::fnmatch(pattern.c_str(), text.c_str(), FNM_NOESCAPE) == 0;
         });
}

}  // namespace teal::access
