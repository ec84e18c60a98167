// What a reason says is for people and for programs outside; within, nothing asks for its text: that would break
// without a word when somebody spells it another way. Reasons are asked for by their words (manifests/spec/reason.hpp).
#include <gtest/gtest.h>

#include <regex>

#include "tests/architecture/source_tree.hpp"

namespace teal::test {
namespace {

std::vector<std::string> comparisons(const std::vector<SourceFile>& files) {
  const std::string reason = R"((?:\b|_)reason(?:_|\.text\(\)|\))*)";
  const std::regex left{reason + R"(\s*[!=]=\s*(?:std::string(?:_view)?\s*\{\s*)?(?:"|to_string\())"};
  const std::regex right{
      R"((?:"|to_string\([^()]*\))\s*[!=]=\s*(?:to_string\()?[\w.>()-]*(?:\.|->|\b)(?:\w+_)?reason\b)"};
  const std::regex part{reason + R"(\.(?:starts_with|ends_with|find|compare|contains)\()"};
  std::vector<std::string> found;
  for (const auto& file : files) {
    if (!file.path.starts_with("controllers/") && !file.path.starts_with("daemon/")) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const auto& line = file.lines[i];
      if (std::regex_search(line, left) || std::regex_search(line, right) || std::regex_search(line, part)) {
        found.push_back(file.path + ":" + std::to_string(i + 1) + ": compares the text of a reason; ask for its word");
      }
    }
  }
  return found;
}

TEST(Reasons, NothingBranchesOnTheirText) {
  const auto found = comparisons(source_files());
  EXPECT_TRUE(found.empty()) << joined(found);
}

TEST(Reasons, AComparisonWithATextIsSeen) {
  for (const auto* line : {
           R"(if (event.reason == "Complete") prune();)",
           R"(if (record.outcome.failure_reason != "HealthCheckFailed") return;)",
           R"(if (event.reason == to_string(Phase::Complete)) return;)",
           R"(if (to_string(why.reason) == "AllReplicasReady") return;)",
           R"(if (why.reason.text() == "AllReplicasReady") return;)",
           R"(if (found->back().reason == std::string_view{"Unreachable"}) return;)",
           R"(if ("Complete" == event.reason) return;)",
           R"(if ("Complete" == to_string(event.reason)) return;)",
           R"(if (to_string(event.reason).starts_with("Migration")) return;)",
       }) {
    EXPECT_EQ(comparisons({{"controllers/rollout/pass.cpp", {"", line}}}).size(), 1U) << line;
    EXPECT_EQ(comparisons({{"cli/views.cpp", {"", line}}}).size(), 0U) << line;
  }
  for (const auto* line : {
           R"(if (event.reason == Reason::Complete) prune();)",
           R"(switch (event.reason.word()) {)",
           R"(out["reason"] = to_string(event.reason);)",
           R"(if (reason.empty()) return;)",
           R"(if (next.outcome.reason == reason) return;)",
       }) {
    EXPECT_EQ(comparisons({{"daemon/app.cpp", {line}}}).size(), 0U) << line;
  }
}

}  // namespace
}  // namespace teal::test
