// What `teal` says to words that it does not know, and to files that are no manifests.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>

#include "cli/verb.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Usage, NamesACommandThatIsNotThereAndTheNearestOnes) {
  const auto said = [](const std::vector<std::string>& words) {
    const auto got = run_teal(words);
    EXPECT_EQ(got.status, 2) << testing::PrintToString(words);
    return got.err;
  };
  EXPECT_EQ(said({"nosuch"}), "error: unknown command nosuch\nSee: teal --help\n");
  EXPECT_EQ(said({"stauts", "shop"}), "error: unknown command stauts; did you mean status?\nSee: teal --help\n");
  EXPECT_EQ(said({"-o", "json", "gett"}), "error: unknown command gett; did you mean get?\nSee: teal --help\n");
  EXPECT_EQ(said({"--nosuch"}), "error: there is no option --nosuch before the command\nSee: teal --help\n");
  EXPECT_EQ(said({"hepl"}), "error: unknown command hepl; did you mean help?\nSee: teal --help\n");
  EXPECT_EQ(said({"help", "stauts"}), "error: unknown command stauts; did you mean status?\nSee: teal --help\n");
  EXPECT_EQ(said({"-o", "json"}), "error: a command is missing\nSee: teal --help\n");
  EXPECT_EQ(said({"token"}),
            "error: what to do with a token is missing; there are create, list, revoke\nSee: teal token --help\n");
  EXPECT_EQ(said({"token", "creat", "x"}),
            "error: unknown command token creat; did you mean create?; there are create, list, "
            "revoke\nSee: teal token --help\n");
  EXPECT_EQ(said({"token", "create"}), "error: NAME is required\nSee: teal token create --help\n");
  EXPECT_THAT(said({"evil\x1b[31m"}), Not(HasSubstr("\x1b")));
}

TEST(Usage, HelpIsACommandTooAndWhatIsPrintedWithoutOne) {
  EXPECT_EQ(run_teal({"help"}).out, run_teal({"--help"}).out);
  EXPECT_EQ(run_teal({}).out, run_teal({"--help"}).out);
  EXPECT_EQ(run_teal({}).err, "");
  EXPECT_EQ(run_teal({}).status, 0);
  EXPECT_EQ(run_teal({"help", "status"}).out, run_teal({"status", "--help"}).out);
  EXPECT_EQ(run_teal({"help"}).status, 0);
}

TEST(Usage, HelpIsGroupedHasALineForEachCommandAndExamplesThatAreOnes) {
  const auto help = run_teal({"help"}).out;
  std::vector<std::size_t> places;
  for (const auto* heading : {"\nLook:\n", "\nChange what runs:\n", "\nFiles, access and the shell:\n", "\nOptions:\n",
                              "\nTo reach teald:\n", "\nExamples:\n", "\nExit status: "}) {
    places.push_back(help.find(heading));
    EXPECT_NE(places.back(), std::string::npos) << heading;
  }
  EXPECT_TRUE(std::ranges::is_sorted(places));
  for (const auto& verb : verbs()) {
    const auto at = help.find(fmt::format("\n  {} ", verb.name));
    ASSERT_NE(at, std::string::npos) << verb.name;
    EXPECT_LE(help.find('\n', at + 1) - at, 100U) << verb.name;
  }
  std::istringstream examples{help.substr(places[5] + 11, places[6] - places[5] - 11)};
  std::string example;
  while (std::getline(examples, example)) {
    if (!example.starts_with("  teal ")) continue;
    const auto word = example.substr(7, example.find(' ', 7) - 7);
    EXPECT_NE(std::ranges::find(verbs(), word, &Verb::name), verbs().end()) << example;
  }
  EXPECT_THAT(run_teal({"help", "status"}).out, Not(HasSubstr("Examples:"))) << "of other commands";
  EXPECT_THAT(run_teal({"help", "token"}).out, Not(HasSubstr("Files, access and the shell:")));
  EXPECT_THAT(help, Not(HasSubstr("\n\n\n")));
}

// What is named by mistake may be /etc/shadow, a key or an environment file.
TEST(Validate, ShowsNothingOfAFileThatIsNoManifest) {
  const Folder folder;
  for (const std::string text :
       {"PASSWORD=planted\n", "planted: x\n", "root:$6$planted:19000:0:99999:7:::\n", "planted: 1\nplanted: 2\n",
        "apiVersion: planted\nkind: Application\n", "apiVersion: teal/v1\nkind: planted\n", "a: !planted b\n",
        "a: \"planted\\q\"\n", "a: {planted\n",
        "apiVersion: v1\nkind: Secret\nplanted: x\nstringData: {planted: planted}\n"}) {
    const auto path = folder.write("file", text);
    for (const auto& words : std::vector<std::vector<std::string>>{{"validate", path},
                                                                   {"validate", "-"},
                                                                   {"validate", "-o", "json", path},
                                                                   {"plan", "-f", path},
                                                                   {"apply", "-f", path}}) {
      const auto got = run_teal(words, text);
      EXPECT_EQ(got.status, 2) << text << testing::PrintToString(words);
      EXPECT_THAT(got.out + got.err, Not(HasSubstr("planted"))) << testing::PrintToString(words);
      EXPECT_THAT(got.out + got.err, HasSubstr(words[1] == "-" ? "<stdin>" : path));
    }
  }
}

}  // namespace
}  // namespace teal::cli
