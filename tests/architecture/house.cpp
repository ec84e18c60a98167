#include "tests/architecture/house.hpp"

#include <regex>

namespace teal::test {
namespace {

std::string_view first_folders(std::string_view path, int count) {
  std::size_t end = 0;
  for (; count > 0; --count) {
    const auto next = path.find('/', end == 0 ? 0 : end + 1);
    if (next == path.npos) break;
    end = next;
  }
  return path.substr(0, end);
}

bool is_counted(std::string_view path) {
  const auto first = first_folders(path, 1);
  return first == "manifests" || first == "controllers" || first == "daemon" || first == "cli";
}

std::set<std::string> reached_from(const IncludeGraph& graph, const std::string& start) {
  std::set<std::string> reached;
  std::vector<std::string> next{start};
  while (!next.empty()) {
    const auto at = next.back();
    next.pop_back();
    for (const auto& to : graph.at(at)) {
      if (reached.insert(to).second) next.push_back(to);
    }
  }
  return reached;
}

int lines_of(const std::filesystem::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return static_cast<int>(std::count(std::istreambuf_iterator<char>{stream}, {}, '\n'));
}

}  // namespace

std::string folder_of(std::string_view path) {
  return is_counted(path) ? std::string{path.substr(0, path.rfind('/'))} : std::string{};
}

std::string room_of(std::string_view path) {
  if (!is_counted(path)) return {};
  if (path.starts_with("daemon/drivers/")) {
    const auto kind = first_folders(path, 3);
    const bool is_one_driver = kind == "daemon/drivers/registries" || kind == "daemon/drivers/secrets";
    return std::string{is_one_driver ? kind : first_folders(path, 4)};
  }
  if (path.starts_with("controllers/") || path.starts_with("daemon/") || path.starts_with("manifests/foundation/")) {
    return std::string{first_folders(path, 2)};
  }
  return std::string{first_folders(path, 1)};
}

IncludeGraph include_graph(const std::vector<SourceFile>& files, Place place) {
  static const std::regex include{R"re(^\s*#\s*include\s*"([^"]+)")re"};
  IncludeGraph graph;
  for (const auto& file : files) {
    const auto from = place(file.path);
    if (from.empty()) continue;
    auto& seen = graph[from];
    for (const auto& line : file.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      const auto to = place(match[1].str());
      if (!to.empty() && to != from) seen.insert(to);
    }
  }
  for (const auto& [from, all] : IncludeGraph{graph}) {
    for (const auto& to : all) graph[to];  // a folder of headers that were generated
  }
  return graph;
}

std::vector<std::vector<std::string>> circles(const IncludeGraph& graph) {
  std::map<std::string, std::set<std::string>> reached;
  for (const auto& [at, seen] : graph) reached[at] = reached_from(graph, at);
  std::set<std::vector<std::string>> found;
  for (const auto& [at, far] : reached) {
    if (!far.contains(at)) continue;
    std::vector<std::string> circle;
    for (const auto& other : far) {
      if (reached[other].contains(at)) circle.push_back(other);
    }
    found.insert(circle);
  }
  return {found.begin(), found.end()};
}

std::vector<std::vector<std::string>> floors(const IncludeGraph& graph) {
  std::map<std::string, std::set<std::string>> mates;  // of the same circle
  for (const auto& circle : circles(graph)) {
    for (const auto& one : circle) mates[one] = {circle.begin(), circle.end()};
  }
  std::vector<std::vector<std::string>> built;
  std::set<std::string> below;
  const auto stands = [&](const std::string& one) {
    return std::ranges::all_of(graph.at(one),
                               [&](const auto& to) { return below.contains(to) || mates[one].contains(to); });
  };
  while (below.size() < graph.size()) {
    std::vector<std::string> floor;
    for (const auto& [one, seen] : graph) {
      if (below.contains(one) || !stands(one)) continue;
      if (std::ranges::all_of(mates[one], stands)) floor.push_back(one);
    }
    below.insert(floor.begin(), floor.end());
    built.push_back(std::move(floor));
  }
  return built;
}

Tree measure_tree(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  Tree tree;
  for (auto entry = fs::recursive_directory_iterator{root}; entry != fs::recursive_directory_iterator{}; ++entry) {
    const auto path = entry->path().lexically_relative(root).generic_string();
    if (path == ".git" || path == "build") {
      entry.disable_recursion_pending();
      continue;
    }
    if (!entry->is_regular_file()) continue;
    tree.files += 1;
    auto& part = tree.parts[std::string{first_folders(path, 1)}];
    part.files += 1;
    part.lines += lines_of(entry->path());
  }
  return tree;
}

}  // namespace teal::test
