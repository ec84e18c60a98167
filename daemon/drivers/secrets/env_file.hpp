// Environment files in the syntax of `docker run --env-file`.
//
// One NAME=value per line; the value is everything after the first "=", verbatim: no quotes, no expansion, spaces kept.
// Empty lines, lines whose first visible character is "#", and whitespace before a name are ignored. A bare NAME takes
// the variable from teald's own environment, and is omitted if that is not set. A later line replaces an earlier one of
// the same name, in the earlier one's position. Stripped, other than by docker: byte order marks before a name, and a
// CR at the end of a line.
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
