// parse_application with its report open: tests read the key table from it.
#pragma once

#include <optional>
#include <string_view>

#include "manifests/parse/report.hpp"
#include "manifests/spec/application.hpp"
#include "manifests/validate/places.hpp"

namespace teal::yaml {

// Every error is in the report; the application is whatever could be read beside them.
[[nodiscard]] std::optional<spec::Application> read_application(std::string_view text, Report& report,
                                                                const rules::Places* places = nullptr);

}  // namespace teal::yaml
