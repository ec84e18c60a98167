// Files stay small enough to be read in one go.
#include <gtest/gtest.h>

#include <map>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

constexpr std::size_t longest = 300;  // lines

// Path → why it may be longer. Empty is best.
const std::map<std::string, std::string> exceptions{};

std::vector<std::string> too_long(const std::vector<SourceFile>& files) {
  std::vector<std::string> found;
  for (const auto& file : files) {
    if (file.lines.size() <= longest || exceptions.contains(file.path)) continue;
    found.push_back(file.path + ":" + std::to_string(longest + 1) + ": " + std::to_string(file.lines.size()) +
                    " lines; split it by what it is about");
  }
  return found;
}

TEST(FileLength, StaysBelowThreeHundredLines) {
  const auto found = too_long(source_files());
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(FileLength, IsSeenWhenItIsTooLong) {
  EXPECT_EQ(too_long({{"a.cpp", std::vector<std::string>(300)}}).size(), 0U);
  EXPECT_EQ(too_long({{"a.cpp", std::vector<std::string>(301)}}).size(), 1U);
}

TEST(FileLength, HasNoExceptionForAFileThatNeedsNone) {
  for (const auto& file : source_files()) {
    if (exceptions.contains(file.path)) {
      EXPECT_GT(file.lines.size(), longest) << file.path << ": remove its exception";
    }
  }
}

}  // namespace
}  // namespace teal::test
