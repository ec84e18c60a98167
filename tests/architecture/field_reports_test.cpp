// Every situation from the field has a test, and tests/README.md names it.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

constexpr int reports = 29;

// "Suite.Name" of each test of the tree.
std::set<std::string> all_tests() {
  std::set<std::string> names;
  static const std::regex declared{R"(\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\))"};
  for (const auto& file : source_files()) {
    if (!file.path.starts_with("tests/")) continue;
    const auto text = joined(file.lines);
    for (auto it = std::sregex_iterator{text.begin(), text.end(), declared}; it != std::sregex_iterator{}; ++it)
      names.insert((*it)[1].str() + "." + (*it)[2].str());
  }
  return names;
}

struct Row {
  int number = 0;
  std::vector<std::string> tests;
};

std::vector<Row> rows_of(std::istream& text) {
  std::vector<Row> rows;
  static const std::regex row{R"(^\| (\d+) \|)"};
  static const std::regex named{R"(`([A-Z]\w+\.[A-Z]\w+)`)"};
  for (std::string line; std::getline(text, line);) {
    std::smatch match;
    if (!std::regex_search(line, match, row)) continue;
    Row found{std::stoi(match[1]), {}};
    for (auto it = std::sregex_iterator{line.begin(), line.end(), named}; it != std::sregex_iterator{}; ++it)
      found.tests.push_back((*it)[1]);
    rows.push_back(std::move(found));
  }
  return rows;
}

std::vector<std::string> missing_in(const std::vector<Row>& rows, const std::set<std::string>& tests) {
  std::vector<std::string> missing;
  for (const auto& row : rows) {
    if (row.tests.empty()) missing.push_back("row " + std::to_string(row.number) + " names no test");
    for (const auto& name : row.tests) {
      if (!tests.contains(name)) missing.push_back("row " + std::to_string(row.number) + ": no test " + name);
    }
  }
  return missing;
}

TEST(FieldReports, EachHasATestThatExists) {
  std::ifstream file{TEAL_SOURCE_DIR "/tests/README.md"};
  const auto rows = rows_of(file);
  ASSERT_EQ(rows.size(), static_cast<std::size_t>(reports));
  for (int i = 0; i < reports; ++i) EXPECT_EQ(rows[static_cast<std::size_t>(i)].number, i + 1);
  const auto missing = missing_in(rows, all_tests());
  EXPECT_TRUE(missing.empty()) << joined(missing);
}

TEST(FieldReports, OneWithoutATestIsSeen) {
  std::istringstream text{"| 1 | a | `Some.Test` | |\n| 2 | b | | |\n| x | c |\n"};
  const auto missing = missing_in(rows_of(text), {"Other.Test"});
  ASSERT_EQ(missing.size(), 2U);
  EXPECT_EQ(missing[0], "row 1: no test Some.Test");
  EXPECT_EQ(missing[1], "row 2 names no test");
}

}  // namespace
}  // namespace teal::test
