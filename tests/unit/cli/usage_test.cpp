// What `teal` says to words that it does not know, and to files that are no manifests.
#include <gmock/gmock.h>

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
  EXPECT_EQ(said({}), "error: a command is missing\nSee: teal --help\n");
  EXPECT_EQ(said({"token"}),
            "error: what to do with a token is missing; there are create, list, revoke\nSee: teal token --help\n");
  EXPECT_EQ(said({"token", "creat", "x"}),
            "error: unknown command token creat; did you mean create?; there are create, list, "
            "revoke\nSee: teal token --help\n");
  EXPECT_EQ(said({"token", "create"}), "error: NAME is required\nSee: teal token create --help\n");
  EXPECT_THAT(said({"evil\x1b[31m"}), Not(HasSubstr("\x1b")));
}

TEST(Usage, HelpIsAVerbToo) {
  EXPECT_EQ(run_teal({"help"}).out, run_teal({"--help"}).out);
  EXPECT_EQ(run_teal({"help", "status"}).out, run_teal({"status", "--help"}).out);
  EXPECT_EQ(run_teal({"help"}).status, 0);
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
