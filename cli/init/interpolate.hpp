// ${VARIABLE} as Docker Compose replaces it, and its files of variables (.env, env_file).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "manifests/foundation/result.hpp"

namespace teal::cli {

using Variables = std::map<std::string, std::string>;
using Lookup = std::function<std::optional<std::string>(const std::string& name)>;

// $NAME, ${NAME}, ${NAME:-default}, ${NAME-default}, ${NAME:?error}, ${NAME?error}, ${NAME:+other}, ${NAME+other} and
// $$ for a dollar; defaults may hold more of them. What is not set is empty and told to `on_missing`.
// Errors: invalid, never with a value: a ${ that is not closed, a form of no meaning, a variable that :? wants.
[[nodiscard]] Result<std::string> interpolate(std::string_view text, const Lookup& lookup,
                                              const std::function<void(const std::string& name)>& on_missing);

// NAME=value lines: `export` before them, # comments, 'as it stands', "with \n and ${…}", or without quotes. A name
// alone is looked up. Values see those above them, after `lookup`. Errors: invalid, with the line's number.
[[nodiscard]] Result<Variables> parse_dotenv(std::string_view text, const Lookup& lookup);

}  // namespace teal::cli
