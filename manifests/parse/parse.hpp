// YAML (or JSON, its subset) → Application, reporting all errors of the text at once.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "manifests/spec/application.hpp"
#include "manifests/spec/diagnostic.hpp"
#include "manifests/validate/places.hpp"

namespace teal::yaml {

struct Parsed {
  std::optional<spec::Application> application;  // set only when there are no diagnostics, validation included
  std::vector<spec::Diagnostic> diagnostics;     // in the order of the text
  std::vector<spec::Diagnostic> advice;          // what is right, but better otherwise: secrets in it, ${NAME} in env
};

// One text is one Application. `file` is only named in the diagnostics. Bounded in time and memory for any input;
// never throws for what the text holds.
[[nodiscard]] Parsed parse_application(std::string_view text, std::string_view file);

// The same for a text that a file of the machine holds, and for everybody's eyes: if it does not say that it is an
// Application of ours, nothing of it is in the diagnostics but places and what was expected there. Held against
// `places` as well where they are known.
[[nodiscard]] Parsed parse_manifest(std::string_view text, std::string_view file,
                                    const rules::Places* places = nullptr);

}  // namespace teal::yaml
