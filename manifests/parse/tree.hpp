// A YAML text as a small tree of our own types, each node with its position.
//
// Refused, with the position: texts over the limits (1 MiB), text that is not UTF-8 or contains control characters, an
// empty file, a second document, tags other than YAML's own, duplicate keys, non-string keys, nesting deeper than 64,
// an unterminated quote. What remains takes bounded time and memory to walk.
//
// Aliases (*name) and merge keys (<<) are expanded here, so that nothing downstream knows of them; the expanded values
// keep the position of the anchor and say which alias brought them. The limits apply after expansion.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/parse/report.hpp"

namespace teal::yaml {

inline constexpr std::size_t largest_text = 1024 * 1024;  // bytes
inline constexpr int deepest_nesting = 64;                // what aliases bring included

// How much of a text is read, and how much what its aliases bring may come to; a document that is a long list by nature
// asks for more.
struct Limits {
  std::size_t bytes = largest_text;
  std::size_t values = 50'000;
};

struct Entry;

struct Node {
  enum class Kind { Null, Scalar, Sequence, Mapping };
  Kind kind = Kind::Null;
  Position position;
  std::string text;     // Scalar: as written
  bool quoted = false;  // Scalar: in quotes, a block, or !!str; so it is text whatever it looks like
  std::vector<Node> items;
  std::vector<Entry> entries;  // in the order of the file, keys are unique
};

struct Entry {
  std::string key;
  Position position;
  Node value;
};

// Empty when the text is no tree at all; less than that (a duplicate key) is in the report beside the tree.
[[nodiscard]] std::optional<Node> load_tree(std::string_view text, Report& report, Limits limits = {});

}  // namespace teal::yaml
