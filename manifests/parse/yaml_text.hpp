// JSON values as YAML text, for people to read and programs to load. Written by yaml-cpp.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace teal::yaml {

// One block-style document ending in a newline. Any YAML 1.1 or 1.2 reader gets the same values back: a string that
// could be read as something else is quoted, a character that a terminal would act on is escaped.
[[nodiscard]] std::string yaml_text(const boost::json::value& value);

}  // namespace teal::yaml
