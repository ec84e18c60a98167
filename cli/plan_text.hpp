// A plan for people: what changes, step by step, and what would block or surprise.
#pragma once

#include <boost/json/value.hpp>
#include <string>

#include "cli/presentation/screen.hpp"

namespace teal::cli {

[[nodiscard]] std::string render_plan(const boost::json::value& plan, bool wide, const Screen& screen);

}  // namespace teal::cli
