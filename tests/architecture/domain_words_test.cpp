// What decides speaks of engines and load balancers, and of none in particular: a second one of each must not have to
// pretend to be the first.
#include <gtest/gtest.h>

#include <array>
#include <cctype>
#include <string_view>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

constexpr std::array<std::string_view, 3> words_of_products{"docker", "haproxy", "127.0.0.1"};

std::vector<std::string> words_out_of_place(const std::vector<SourceFile>& files) {
  std::vector<std::string> found;
  for (const auto& file : files) {
    if (!file.path.starts_with("controllers/")) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      std::string line = file.lines[i];
      std::ranges::transform(line, line.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      for (const auto word : words_of_products) {
        if (line.find(word) == std::string::npos) continue;
        found.push_back(file.path + ":" + std::to_string(i + 1) + ": says \"" + std::string{word} + "\"");
      }
    }
  }
  return found;
}

TEST(DomainWords, TheControllersNameNoProductAndNoAddress) {
  const auto found = words_out_of_place(source_files());
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(DomainWords, AProductIsSeenInCodeCommentsAndSentences) {
  EXPECT_EQ(words_out_of_place({{"controllers/a.cpp", {"// as Docker has it", "x = \"127.0.0.1:80\";"}}}).size(), 2U);
  EXPECT_EQ(words_out_of_place({{"controllers/a.cpp", {"is_haproxy_name(x);"}}}).size(), 1U);
  EXPECT_EQ(words_out_of_place({{"daemon/drivers/engines/docker/api.cpp", {"docker"}}}).size(), 0U);
}

}  // namespace
}  // namespace teal::test
