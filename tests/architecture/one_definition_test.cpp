// A program has one type of a name in a namespace. Two would share whatever the compiler makes for them, their
// destructor for one: the linker keeps one of it, and says nothing.
#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

// "teal::docker::SecretFiles" → where it is defined. Without those of unnamed namespaces, which are of one file.
std::map<std::string, std::set<std::string>> types_of(const std::vector<SourceFile>& files) {
  static const std::regex opens{R"(^(?:inline )?namespace(?: ([\w:]+))? \{)"};
  static const std::regex defines{R"(^(?:struct|class|enum class|union) (\w+)(?: final)?(?: :.*)? ?\{)"};
  std::map<std::string, std::set<std::string>> found;
  for (const auto& file : files) {
    std::vector<std::string> inside;
    for (const auto& line : file.lines) {
      std::smatch match;
      if (std::regex_search(line, match, opens)) {
        inside.push_back(match[1]);
      } else if (line.starts_with("}  // namespace") && !inside.empty()) {
        inside.pop_back();
      } else if (std::regex_search(line, match, defines)) {
        std::string name;
        for (const auto& space : inside) name += (space.empty() ? "(unnamed)" : space) + "::";
        if (name.find("(unnamed)") == name.npos) found[name + match[1].str()].insert(file.path);
      }
    }
  }
  return found;
}

// Tests are programs of their own: two of them may have their own of a name, but not one that teald or teal has.
std::vector<std::string> defined_twice(const std::vector<SourceFile>& files) {
  std::vector<std::string> found;
  for (const auto& [name, places] : types_of(files)) {
    const bool only_tests = std::ranges::all_of(places, [](const auto& path) { return path.starts_with("tests/"); });
    if (places.size() < 2 || only_tests) continue;
    std::string line = name + " is defined in";
    for (const auto& place : places) line += " " + place;
    found.push_back(line + "; rename one, or put it into the unnamed namespace");
  }
  return found;
}

TEST(OneDefinition, OfEveryType) {
  const auto found = defined_twice(source_files());
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(OneDefinition, IsMissedWhenThereAreTwo) {
  const auto file = [](std::string path, std::vector<std::string> lines) {
    return SourceFile{std::move(path), std::move(lines)};
  };
  const auto a = file("daemon/a.hpp", {"namespace teal {", "struct Verdict {", "};", "}  // namespace teal"});
  const auto b = file("controllers/b.hpp", {"namespace teal {", "class Verdict final : public Base {"});
  EXPECT_EQ(defined_twice({a, b}).size(), 1U);
  EXPECT_EQ(defined_twice({a, file("daemon/c.cpp", {"namespace teal {", "namespace {", "struct Verdict {"})}).size(),
            0U);
  EXPECT_EQ(defined_twice({a, file("daemon/d.hpp", {"namespace teal::docker {", "struct Verdict {"})}).size(), 0U);
  EXPECT_EQ(defined_twice({a, file("tests/e.hpp", {"namespace teal {", "struct Verdict {"})}).size(), 1U);
}

TEST(OneDefinition, IsLookedForInWhatThereIs) { EXPECT_GT(types_of(source_files()).size(), 300U); }

}  // namespace
}  // namespace teal::test
