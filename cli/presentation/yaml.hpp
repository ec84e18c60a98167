// JSON values as YAML text, for people who read and scripts that load it.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace teal::cli {

// One block-style document ending in a newline. Any YAML 1.1 or 1.2 reader gets the same values back: a string that
// could be read as something else is quoted, a character that a terminal would act on is escaped.
[[nodiscard]] std::string to_yaml(const boost::json::value& value);

// A JSON text with every character that a terminal would act on as an escape (\u009b); the value stays the same.
[[nodiscard]] std::string escape_json(std::string_view json);

}  // namespace teal::cli
