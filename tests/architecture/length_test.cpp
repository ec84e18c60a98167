// A file holds one thing and may be as long as that takes, within reason; a function is read at one go.
#include <gtest/gtest.h>

#include <regex>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

constexpr std::size_t longest_file = 600;     // lines
constexpr std::size_t longest_function = 70;  // lines, without text in raw strings

std::string at(const SourceFile& file, std::size_t line, const std::string& what) {
  return file.path + ":" + std::to_string(line + 1) + ": " + what;
}

std::vector<std::string> long_files(const std::vector<SourceFile>& files) {
  std::vector<std::string> found;
  for (const auto& file : files) {
    if (file.lines.size() <= longest_file) continue;
    found.push_back(at(file, longest_file, std::to_string(file.lines.size()) + " lines; split it by what it is about"));
  }
  return found;
}

// Free functions and member functions that are defined outside of their class: from a line that ends with `{` to the
// next `}` at the margin.
std::vector<std::string> long_functions(const std::vector<SourceFile>& files) {
  static const std::regex opens{R"(^(?!namespace|inline namespace|struct|class|enum|union|extern)[A-Za-z\[].*\(.*\{$)"};
  std::vector<std::string> found;
  for (const auto& file : files) {
    if (file.path.starts_with("tests/")) continue;
    std::optional<std::size_t> begun;
    std::size_t text = 0;
    bool is_text = false;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const auto& line = file.lines[i];
      if (is_text) ++text;
      if (line.find("R\"") != line.npos && line.find(")\"") == line.npos) is_text = true;
      if (is_text && line.find(")\"") != line.npos) is_text = false;
      if (!begun && std::regex_search(line, opens)) {
        begun = i;
        text = 0;
      } else if (begun && line.starts_with("}")) {
        const auto length = i - *begun + 1 - text;
        if (length > longest_function) found.push_back(at(file, *begun, std::to_string(length) + " lines"));
        begun.reset();
      }
    }
  }
  return found;
}

TEST(Length, OfFilesStaysReadable) {
  const auto found = long_files(source_files());
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(Length, OfFunctionsStaysReadable) {
  const auto found = long_functions(source_files());
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(Length, IsSeenWhenItIsTooLong) {
  EXPECT_EQ(long_files({{"a.cpp", std::vector<std::string>(600)}}).size(), 0U);
  EXPECT_EQ(long_files({{"a.cpp", std::vector<std::string>(601)}}).size(), 1U);
  std::vector<std::string> function(71, "  x();");
  function.front() = "void f(int a) {";
  function.back() = "}";
  EXPECT_EQ(long_functions({{"a.cpp", function}}).size(), 1U);
  function.erase(function.begin() + 1);
  EXPECT_EQ(long_functions({{"a.cpp", function}}).size(), 0U);
}

}  // namespace
}  // namespace teal::test
