// Tree output with branch characters.
#pragma once

#include <string>
#include <vector>

#include "cli/presentation/screen.hpp"

namespace teal::cli {

struct Branch {
  std::string label;               // safe, with its colours
  std::vector<std::string> notes;  // lines below the label, before the children
  std::vector<Branch> children;
};

[[nodiscard]] std::string render_tree(const Branch& root, const Screen& screen);

}  // namespace teal::cli
