// AWS' shared configuration and credentials files.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "manifests/foundation/result.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::aws {

using Profile = std::map<std::string, masking::Secret>;  // settings by their lower-case names
using Profiles = std::map<std::string, Profile>;

// `is_config`: sections are "[profile name]" and "[default]", others are left out; in the credentials file they are
// "[name]". Nested settings are left out. Errors: invalid, as "path:line: …", without any of the file's text.
[[nodiscard]] Result<Profiles> parse_profiles(std::string_view text, const std::string& path, bool is_config);

// The setting's text; empty when it is not there.
[[nodiscard]] std::string setting(const Profile& profile, const std::string& name);

}  // namespace teal::aws
