// --reason and --confirm: what goes to teald, and what does not get that far.
#include <gmock/gmock.h>

#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* manifest =
    "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\n"
    "spec:\n  version: \"1.1\"\n  image: shop\n  components: [{name: api}]\n";

const std::string encoded = "reason=INC-42%3A%20%22it%26%20hangs%22%20%C3%A4";

TEST(Reason, GoesWithEveryVerbThatChangesSomething) {
  const FakeTeald teald{[](const Asked&) { return http_answer(200, canned_application()); }};
  const auto path = std::string{"/apis/teal/v1/applications/shop"};
  const std::vector<std::pair<std::vector<std::string>, std::string>> table{
      {{"approve", "shop"}, "POST " + path + "/approve?" + encoded},
      {{"pause", "shop"}, "POST " + path + "/pause?" + encoded},
      {{"resume", "shop"}, "POST " + path + "/resume?" + encoded},
      {{"abort", "shop"}, "POST " + path + "/abort?" + encoded},
      {{"retry", "shop"}, "POST " + path + "/retry?" + encoded},
      {{"rollback", "shop"}, "POST " + path + "/rollback?" + encoded},
      {{"end-job", "shop", "--job", "default", "--confirm", "shop"}, "POST " + path + "/end-job?" + encoded},
      {{"delete", "shop"}, "DELETE " + path + "?" + encoded},
      {{"apply", "-f", "-"}, "PUT " + path + "?" + encoded},
      {{"apply", "-f", "-", "--dry-run"}, "PUT " + path + "?dryRun=All&" + encoded},
  };
  for (const auto& [verb, line] : table) {
    auto arguments = verb;
    arguments.insert(arguments.end(), {"--server", teald.url(), "--reason", "INC-42: \"it& hangs\" ä"});
    const auto got = run_teal(arguments, manifest);
    EXPECT_EQ(got.status, 0) << line << got.err;
    EXPECT_EQ(teald.asked().back().line, line);
  }
}

TEST(Reason, IsOneLineOfTextOfAtMostAKibibyte) {
  const FakeTeald teald{[](const Asked&) { return http_answer(200, canned_application()); }};
  for (const std::string& reason : {std::string{}, std::string{"a\nb"}, std::string{"a\x1b[2J"},
                                    std::string{"a\xC2\x85"}, std::string{"\xFF"}, std::string(1025, 'a')}) {
    const auto got = run_teal({"pause", "shop", "--server", teald.url(), "--reason", reason});
    EXPECT_EQ(got.status, 2) << reason;
    EXPECT_THAT(got.err, HasSubstr("--reason")) << reason;
  }
  EXPECT_THAT(teald.asked(), IsEmpty());
  EXPECT_EQ(run_teal({"pause", "shop", "--server", teald.url(), "--reason", std::string(1024, 'a')}).status, 0);
}

TEST(Confirm, GoesWithARetryAndMustBeTheName) {
  const FakeTeald teald{[](const Asked&) { return http_answer(200, canned_application()); }};
  EXPECT_EQ(run_teal({"retry", "shop", "--server", teald.url(), "--confirm", "shop"}).status, 0);
  EXPECT_EQ(teald.asked().back().body, R"({"confirm":"shop"})");
  EXPECT_THAT(teald.asked().back().headers, HasSubstr("Content-Type: application/json"));
  EXPECT_EQ(run_teal({"retry", "shop", "--server", teald.url()}).status, 0);
  EXPECT_THAT(teald.asked().back().body, IsEmpty());
  EXPECT_EQ(run_teal({"retry", "shop", "--server", teald.url(), "--confirm", "ship"}).status, 2);
  EXPECT_EQ(teald.asked().size(), 2U);
}

TEST(Confirm, GoesWithTheEndOfAJobWhoseNameIsNeeded) {
  const FakeTeald teald{[](const Asked&) { return http_answer(200, canned_application()); }};
  const auto got = run_teal({"end-job", "shop", "--server", teald.url(), "--job", "default", "--confirm", "shop"});
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(teald.asked().back().line, "POST /apis/teal/v1/applications/shop/end-job");
  EXPECT_EQ(teald.asked().back().body, R"({"job":"default","confirm":"shop"})");
  EXPECT_THAT(got.out, HasSubstr("teal retry shop --confirm shop"));
  EXPECT_EQ(run_teal({"end-job", "shop", "--server", teald.url(), "--job", "default"}).status, 0);
  EXPECT_EQ(teald.asked().back().body, R"({"job":"default"})") << "which teald refuses, saying what would be confirmed";
  EXPECT_EQ(run_teal({"end-job", "shop", "--server", teald.url(), "--confirm", "shop"}).status, 2);
  EXPECT_EQ(run_teal({"end-job", "shop", "--server", teald.url(), "--job", "default", "--confirm", "ship"}).status, 2);
  EXPECT_EQ(teald.asked().size(), 2U);
}

}  // namespace
}  // namespace teal::cli
