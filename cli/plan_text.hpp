// A plan (manifests/api/plan.hpp), for people.
#pragma once

#include <string>

#include "cli/presentation/screen.hpp"
#include "manifests/api/plan.hpp"

namespace teal::cli {

// `wide` adds what each step acts on.
[[nodiscard]] std::string render_plan(const objects::Plan& plan, bool wide, const Screen& screen);

}  // namespace teal::cli
