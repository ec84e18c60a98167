// A YAML text as a small tree of our own, each part with its place.
//
// Refused, each with its position: more than the limits (1 MiB), text that is no UTF-8 or holds control characters, an
// empty file, a second document, tags other than YAML's own, duplicate keys, keys that are no text, nesting deeper than
// 64, an unterminated quote. What is left takes bounded time and memory to walk.
//
// Aliases (*name) and merge keys (<<) are written out here, so that nobody behind knows of them; their values stand
// where the anchor's do and say in their positions which alias brought them. The limits hold for what is written out.
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
