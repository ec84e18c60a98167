#include <algorithm>

#include "manifests/spec/text_rules.hpp"
#include "manifests/validate/rules.hpp"

namespace teal::rules {

void validate_security(const spec::Security& security, const std::string& path, Rules& rules) {
  rules.require(security.user.empty() || spec::is_container_user(security.user), path + ".user",
                "expected a user of the container as Docker takes it: a name or a number, with :group if need be, such "
                "as \"1000:1000\" or nobody");
  for (const auto& name : security.add) {
    if (std::ranges::find(security.drop, name) == security.drop.end()) continue;
    rules.problem(path + ".capabilities.add", name + " is dropped and added at once: leave one of them out",
                  path + ".capabilities.drop");
  }
}

}  // namespace teal::rules
