// teal status --watch: told of what changes, it does not ask again and again.
#include <gmock/gmock.h>

#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string line(const std::string& type, std::string object) {
  std::erase(object, '\n');
  return R"({"type":")" + type + R"(","object":)" + object + "}\n";
}

bool is_watch(const Asked& asked) { return asked.line.find("watch=true") != std::string::npos; }

std::vector<std::string> lines_of(const FakeTeald& teald) {
  std::vector<std::string> lines;
  for (const auto& asked : teald.asked()) lines.push_back(asked.line.substr(asked.line.find("v1/") + 3));
  return lines;
}

// A teald whose one watch says `changes`; after it nobody may look any more.
Outcome watch_of(const std::string& changes, std::vector<std::string>& asked, const std::string& format = "table") {
  bool watched = false;
  std::string phase = "Starting";
  const FakeTeald teald{[&](const Asked& one) {
    if (is_watch(one)) {
      watched = true;
      phase = "Complete";
      return http_answer(200, changes);
    }
    if (one.line.find("rollouts") != std::string::npos) return http_answer(200, canned_rollout(phase, "all is done"));
    return watched ? http_failure(401, "who are you?") : http_answer(200, canned_application());
  }};
  auto got = run_teal({"status", "shop", "--watch", "-o", format, "--server", teald.url()});
  asked = lines_of(teald);
  return got;
}

TEST(StatusWatch, ReadsTheRolloutOnlyWhenItsApplicationHasChanged) {
  auto other = canned_application();
  other.replace(other.find("\"name\":\"shop\""), 13, "\"name\":\"mail\"");
  std::vector<std::string> asked;
  const auto got = watch_of(line("MODIFIED", other) +
                                line("BOOKMARK", R"({"kind":"Application","metadata":{"resourceVersion":"13"}})") +
                                line("MODIFIED", canned_application("Healthy")) + line("MODIFIED", other),
                            asked);
  EXPECT_THAT(asked, ElementsAre("applications/shop/status", "rollouts/shop-7",
                                 "applications?watch=true&allowWatchBookmarks=true&resourceVersion=12",
                                 "rollouts/shop-7", "applications/shop/status"));
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("who are you?"));
  EXPECT_THAT(got.out, AllOf(HasSubstr("shop  1.0 → 1.1  Progressing"), HasSubstr("shop  1.0 → 1.1  Healthy"),
                             HasSubstr("Complete"), Not(HasSubstr("mail"))));
}

TEST(StatusWatch, SaysNothingWhenOthersChange) {
  auto other = canned_application("Healthy");
  other.replace(other.find("\"name\":\"shop\""), 13, "\"name\":\"mail\"");
  std::vector<std::string> asked;
  const auto got = watch_of(line("MODIFIED", other), asked);
  EXPECT_THAT(asked, ElementsAre("applications/shop/status", "rollouts/shop-7",
                                 "applications?watch=true&allowWatchBookmarks=true&resourceVersion=12",
                                 "applications/shop/status"));
  EXPECT_EQ(got.out.find("shop  1.0"), got.out.rfind("shop  1.0")) << got.out;
}

TEST(StatusWatch, EndsWithTheApplication) {
  bool deleted = false;
  const FakeTeald teald{[&](const Asked& one) {
    if (is_watch(one)) {
      deleted = true;
      return http_answer(200, line("DELETED", canned_application()));
    }
    if (deleted) return http_failure(404, "application shop does not exist");
    return http_answer(200, one.line.find("rollouts") == std::string::npos ? canned_application() : canned_rollout());
  }};
  const auto got = run_teal({"status", "shop", "--watch", "--server", teald.url()});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.err, HasSubstr("application shop does not exist"));
}

TEST(StatusWatch, GoesOnWithATealdThatWasAway) {
  int looks = 0;
  const FakeTeald teald{[&](const Asked& one) {
    if (is_watch(one)) return std::string{};
    if (one.line.find("rollouts") != std::string::npos) return http_answer(200, canned_rollout());
    switch (++looks) {
      case 1:
        return http_answer(200, canned_application());
      case 2:
        return http_failure(503, "teald begins");
      case 3:
        return http_answer(200, canned_application("Healthy"));
      default:
        return http_failure(404, "application shop does not exist");
    }
  }};
  const auto got = run_teal({"status", "shop", "--watch", "--server", teald.url()});
  EXPECT_EQ(got.status, 1);
  EXPECT_THAT(got.out, AllOf(HasSubstr("Progressing"), HasSubstr("teald begins"), HasSubstr("1.0 → 1.1  Healthy")));
}

}  // namespace
}  // namespace teal::cli
