#include "manifests/parse/aliases.hpp"

#include <algorithm>
#include <set>
#include <string_view>

namespace teal::yaml {
namespace {

void mark_brought(Position& position, Position at) {
  position.alias_line = at.line;
  position.alias_column = at.column;
}

}  // namespace

// As deep as the tree, which is bounded.
TreeWeight weigh(const Node& node) {
  TreeWeight all{1, node.text.size(), 0};
  const auto add = [&](const TreeWeight& part) {
    all.values += part.values;
    all.bytes += part.bytes;
    all.depth = std::max(all.depth, part.depth);
  };
  for (const auto& item : node.items) add(weigh(item));
  for (const auto& entry : node.entries) {
    add({1, entry.key.size(), 0});
    add(weigh(entry.value));
  }
  if (node.kind == Node::Kind::Sequence || node.kind == Node::Kind::Mapping) ++all.depth;
  return all;
}

void brought_by(Node& node, Position at) {
  mark_brought(node.position, at);
  for (auto& item : node.items) brought_by(item, at);
  for (auto& entry : node.entries) {
    mark_brought(entry.position, at);
    brought_by(entry.value, at);
  }
}

std::vector<MergeProblem> merge_into(Node& mapping, const Node& merged) {
  std::vector<MergeProblem> problems;
  std::set<std::string, std::less<>> keys;
  for (const auto& entry : mapping.entries) keys.insert(entry.key);
  const auto take = [&](const Node& source) {
    if (source.kind != Node::Kind::Mapping) {
      problems.push_back(
          {source.position, "a merge key (<<) takes a mapping or a list of mappings, such as <<: *name"});
      return;
    }
    for (const auto& entry : source.entries) {
      if (keys.insert(entry.key).second) mapping.entries.push_back(entry);
    }
  };
  if (merged.kind != Node::Kind::Sequence) {
    take(merged);
  } else {
    for (const auto& source : merged.items) take(source);
  }
  return problems;
}

}  // namespace teal::yaml
