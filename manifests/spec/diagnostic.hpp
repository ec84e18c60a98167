// One error in a file that a user wrote, with its position.
#pragma once

#include <string>
#include <vector>

namespace teal::spec {

struct Diagnostic {
  std::string file;
  int line = 1;         // 1-based
  int column = 1;       // 1-based, in characters
  std::string path;     // "spec.components[0].port"; empty when it is about the file as a whole
  std::string message;  // what is wrong and what was expected; never a value that may be a secret (C2)

  bool operator==(const Diagnostic&) const = default;
};

// "file:line:column: path: message"
[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);

// One a line.
[[nodiscard]] std::string to_string(const std::vector<Diagnostic>& diagnostics);

}  // namespace teal::spec
