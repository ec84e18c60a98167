// What the shell's completion offers, from the daemon, from files, and without either.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Completion, AsksTheDaemonAndIsSilentWithoutOne) {
  const FakeTeald teald{[](const Asked& asked) {
    if (asked.line.starts_with("GET /apis/teal/v1/applications/shop")) return http_answer(200, canned_application());
    return http_answer(200, R"({"items":[)" + canned_application() + "]}");
  }};
  const auto complete = [](std::vector<std::string> words, const std::string& url) {
    words.insert(words.begin(), "__complete");
    return run_teal(words, "", {"TEAL_SERVER=" + url});
  };
  EXPECT_EQ(complete({"status", ""}, teald.url()).out, "shop\t\n");
  EXPECT_EQ(complete({"status", "x"}, teald.url()).out, "");
  EXPECT_EQ(complete({"logs", "shop", "--component", ""}, teald.url()).out, "api\t\nworker\t\n");
  EXPECT_THAT(complete({"get", "rollouts", "--o"}, teald.url()).out, StartsWith("--output\t"));
  EXPECT_EQ(complete({"get", "-o", "j"}, "").out, "json\t\n");
  EXPECT_EQ(complete({"wait", "shop", "--for", "Comp"}, "").out, "Complete\t\n");
  EXPECT_EQ(complete({"apply", "-f", ""}, "").out, ":files\n");
  EXPECT_EQ(complete({"get", "--ca", ""}, "").out, ":files\n");
  EXPECT_THAT(complete({"retry", "shop", "--"}, "").out, AllOf(HasSubstr("--reason\t"), HasSubstr("--confirm\t")));
  EXPECT_EQ(complete({"retry", "shop", "--confirm", ""}, teald.url()).out, "shop\t\n");
  EXPECT_EQ(complete({"status", ""}, teald.url()).out, complete({"--server=" + teald.url(), "status", ""}, "").out);
  const auto silent = complete({"status", ""}, "unix:///nowhere");
  EXPECT_EQ(silent.out + silent.err, "");
  for (const auto* shell : {"bash", "zsh", "fish"})
    EXPECT_THAT(run_teal({"completion", shell}).out, HasSubstr("__complete"));
}

TEST(Completion, KnowsTheVerbsOfTokenAndTheNamesInItsFile) {
  const Folder folder;
  const auto file = folder.write("tokens.yaml", "");
  std::filesystem::remove(file);
  ASSERT_EQ(run_teal({"token", "create", "ci", "--role", "viewer", "--file", file}).status, 0);
  const auto complete = [](std::vector<std::string> words) {
    words.insert(words.begin(), "__complete");
    return run_teal(words).out;
  };
  EXPECT_THAT(complete({"tok"}), StartsWith("token\t"));
  EXPECT_THAT(complete({"token", ""}), AllOf(StartsWith("create\t"), HasSubstr("\nlist\t"), HasSubstr("\nrevoke\t")));
  EXPECT_EQ(complete({"token", "create", "x", "--role", "op"}), "operator\t\n");
  EXPECT_THAT(complete({"token", "create", "--"}),
              AllOf(HasSubstr("--applications\t"), HasSubstr("--expires\t"), HasSubstr("--output\t")));
  EXPECT_EQ(complete({"token", "list", "--file", ""}), ":files\n");
  EXPECT_EQ(complete({"token", "revoke", "--file", file, ""}), "ci\t\n");
  EXPECT_EQ(complete({"token", "-o", "json", "revoke", "--file=" + file, ""}), "ci\t\n");
  EXPECT_EQ(complete({"token", "revoke", "--file", "/nowhere", ""}), "");
}

}  // namespace
}  // namespace teal::cli
