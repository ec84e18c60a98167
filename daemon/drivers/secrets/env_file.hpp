// Environment files in the syntax of `docker run --env-file`.
//
// One NAME=value a line; the value is everything after the first "=", as it stands: no quotes, no expansion, spaces
// kept. Empty lines and lines whose first visible character is "#" are left out, white space before a name is too. A
// bare NAME takes the variable of teald's own environment and is left out when there is none. A later line replaces an
// earlier one of the same name, in the earlier one's place. A byte order mark at the start and a CR at the end of a
// line are not part of the text.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "manifests/foundation/result.hpp"
#include "manifests/masking/secret.hpp"
#include "manifests/spec/application.hpp"

namespace teal::secrets {

using OwnVariable = std::function<std::optional<masking::Secret>(const std::string& name)>;

// `own`: teald's own variables, for names without "="; empty: this file may have none of them.
// Errors: invalid, as "path:line: …", never with any of the file's text: a forgotten "=" makes a name of a password.
[[nodiscard]] Result<masking::SecretEnvironment> parse_env_file(std::string_view text, const std::string& path,
                                                                const OwnVariable& own);

}  // namespace teal::secrets
