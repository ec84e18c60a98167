// The project's own sources, as the architecture tests read them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace teal::test {

struct SourceFile {
  std::string path;  // from the root of the tree, with '/'
  std::vector<std::string> lines;
};

// Every .hpp and .cpp of the rooms, sorted by path.
inline std::vector<SourceFile> source_files(const std::filesystem::path& root = TEAL_SOURCE_DIR) {
  namespace fs = std::filesystem;
  std::vector<SourceFile> files;
  for (const auto* room : {"manifests", "controllers", "daemon", "cli", "tests"}) {
    if (!fs::exists(root / room)) continue;
    for (const auto& entry : fs::recursive_directory_iterator{root / room}) {
      const auto extension = entry.path().extension();
      if (!entry.is_regular_file() || (extension != ".hpp" && extension != ".cpp")) continue;
      SourceFile file{entry.path().lexically_relative(root).generic_string(), {}};
      std::ifstream stream{entry.path()};
      for (std::string line; std::getline(stream, line);) file.lines.push_back(line);
      files.push_back(std::move(file));
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace teal::test
