// All rules for a well-typed Application, as required by the contract and the platforms below Teal.
#pragma once

#include <string>
#include <vector>

#include "manifests/spec/application.hpp"

namespace teal::rules {

struct Problem {
  std::string path;     // of the key it is about
  std::string message;  // what is wrong and what was expected
  std::string because;  // the path of another key that it follows from; empty: none

  bool operator==(const Problem&) const = default;
};

// All problems, in no particular order. Pure, but for asking the system whether a time zone exists.
[[nodiscard]] std::vector<Problem> validate(const spec::Application& application);

}  // namespace teal::rules
