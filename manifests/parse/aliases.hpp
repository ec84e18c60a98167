// Expands YAML aliases and merge keys on trees.
//
// An alias is a copy of its anchor's value. `<<: *a` or `<<: [*a, *b]` adds the keys of these mappings that the mapping
// itself does not have, earlier mappings taking precedence; the merge is shallow.
#pragma once

#include <string>
#include <vector>

#include "manifests/parse/tree.hpp"

namespace teal::yaml {

struct TreeWeight {
  std::size_t values = 0;
  std::size_t bytes = 0;  // of its texts and keys
  int depth = 0;          // levels of lists and mappings
};

[[nodiscard]] TreeWeight weigh(const Node& node);

// All of the node says that an alias in `at` brought it.
void brought_by(Node& node, Position at);

struct MergeProblem {
  Position position;
  std::string message;
};

[[nodiscard]] std::vector<MergeProblem> merge_into(Node& mapping, const Node& merged);

}  // namespace teal::yaml
