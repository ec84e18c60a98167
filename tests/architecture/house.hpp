// The house as a stranger sees it: how much there is in each room, who includes whom, on how many floors, and where one
// goes in circles. Of any Teal tree, so that two can be compared: ARCHITECTURE.md, "The house in figures".
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {

// Who includes whom: a folder or a room → those of the others that its files include. Each of them is a key.
using IncludeGraph = std::map<std::string, std::set<std::string>>;

// What a file belongs to, by its path from the root; empty for what does not count.
using Place = std::string (*)(std::string_view path);

// Folder by folder, of the rooms that teald and teal are made of.
[[nodiscard]] std::string folder_of(std::string_view path);

// Room by room: a floor of the controllers, a room of the daemon, a driver or what those of a kind share,
// `manifests/foundation`, or else the first folder.
[[nodiscard]] std::string room_of(std::string_view path);

[[nodiscard]] IncludeGraph include_graph(const std::vector<SourceFile>& files, Place place);

// Those that include each other, over however many steps: each circle once, sorted.
[[nodiscard]] std::vector<std::vector<std::string>> circles(const IncludeGraph& graph);

// From the ground up: who includes nobody, who includes only those, … A circle is on one floor.
[[nodiscard]] std::vector<std::vector<std::string>> floors(const IncludeGraph& graph);

struct Tree {
  int files = 0;  // of every kind, without .git and build
  struct Part {
    int files = 0;
    int lines = 0;
  };
  std::map<std::string, Part> parts;  // by the first folder, and "" for what lies at the root
};
[[nodiscard]] Tree measure_tree(const std::filesystem::path& root);

}  // namespace teal::test
