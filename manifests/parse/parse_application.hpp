// parse_application with its report open: tests read the key table from it.
#pragma once

#include <optional>
#include <string_view>

#include "manifests/application.hpp"
#include "manifests/parse/report.hpp"

namespace teal {

// Every error is in the report; the application is whatever could be read beside them.
[[nodiscard]] std::optional<Application> read_application(std::string_view text, yaml::Report& report);

}  // namespace teal
