// Codes of promises in comments (M1 … L4) are those that PROMISES.md defines.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

std::set<std::string> defined_promises() {
  std::ifstream file{TEAL_SOURCE_DIR "/PROMISES.md"};
  std::set<std::string> codes;
  static const std::regex row{R"(^\| ([MCTOL][1-9]) \|)"};
  for (std::string line; std::getline(file, line);) {
    if (std::smatch match; std::regex_search(line, match, row)) codes.insert(match[1]);
  }
  return codes;
}

std::vector<std::string> undefined_promises(const std::vector<SourceFile>& files,
                                            const std::set<std::string>& defined) {
  static const std::regex in_comment{R"(//.*)"};
  static const std::regex code{R"(\b[MCTOL][1-9]\b)"};
  std::vector<std::string> found;
  for (const auto& file : files) {
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::smatch comment;
      if (!std::regex_search(file.lines[i], comment, in_comment)) continue;
      const auto text = comment.str();
      for (auto it = std::sregex_iterator{text.begin(), text.end(), code}; it != std::sregex_iterator{}; ++it) {
        if (!defined.contains(it->str())) found.push_back(file.path + ":" + std::to_string(i + 1) + ": " + it->str());
      }
    }
  }
  return found;
}

TEST(Promises, AllThatTheCodeNamesAreDefined) {
  const auto defined = defined_promises();
  EXPECT_EQ(defined.size(), 22U) << "where is PROMISES.md?";
  const auto found = undefined_promises(source_files(), defined);
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(Promises, OneThatIsNotDefinedIsSeen) {
  EXPECT_EQ(undefined_promises({{"a.cpp",
                                 {"x = y;  // by M"
                                  "9 and M1"}}},
                               {"M1"})
                .size(),
            1U);
}

}  // namespace
}  // namespace teal::test
