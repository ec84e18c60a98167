// What is wrong with a machine, and what to type: pure functions over gathered facts.
#pragma once

#include <string>
#include <vector>

#include "cli/doctor/facts.hpp"

namespace teal::cli {

enum class Severity { Problem, Warning, Ok };

struct Finding {
  Severity severity = Severity::Ok;
  std::string what;  // "teald", "engine local"
  std::string says;
  std::string fix;                // a command, or what to do; empty where nothing is to be done
  std::vector<std::string> more;  // lines of a log or a check
};

[[nodiscard]] std::string_view to_string(Severity severity);

// Problems first, then warnings, then what is well; each in the order in which they are worth mending.
[[nodiscard]] std::vector<Finding> examine(const Facts& facts, Time now);

}  // namespace teal::cli
