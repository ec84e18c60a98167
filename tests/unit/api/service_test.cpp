#include <set>

#include <boost/json/serialize.hpp>

#include "daemon/api/routes.hpp"
#include "daemon/api/target.hpp"
#include "manifests/api/status.hpp"
#include "manifests/spec/phase.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

class ServiceApi : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    start();
  }
};

TEST_F(ServiceApi, SaysWhetherItLivesAndIsReady) {
  EXPECT_EQ(get("/healthz").body, "ok\n");
  EXPECT_EQ(get("/readyz").status, 200);
  on_loop([&] { control_.ready = {false, {"store: the disk is full", "engine local: no answer"}}; });
  const auto answer = get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("store: the disk is full"), std::string::npos);
  EXPECT_NE(answer.body.find("engine local: no answer"), std::string::npos);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(ServiceApi, ReadyWithAWarningSaysWhichToThoseWhoMaySee) {
  on_loop([&] { control_.ready.warnings = {"TokensUnreadable: tokens.yaml: mode 0644; chmod 600 tokens.yaml"}; });
  const auto answer = get("/readyz");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "ok\n- TokensUnreadable: tokens.yaml: mode 0644; chmod 600 tokens.yaml\n");
}

TEST_F(ServiceApi, SaysItsVersion) {
  const auto version = get("/version").json();
  EXPECT_FALSE(version.at("version").as_string().empty());
  EXPECT_FALSE(version.at("revision").as_string().empty());
}

TEST_F(ServiceApi, SaysTheVersionsOfWhatItWorksWith) {
  on_loop([&] { control_.named.load_balancers["edge"].takes_routes = true; });
  on_loop([&] { control_.known = {{{"local", "Docker 20.10.24", ""}}, {{"edge", "", "nobody listens"}}}; });
  const auto version = get("/version").json();
  EXPECT_EQ(version.at("engines").at(0).at("version"), "Docker 20.10.24");
  EXPECT_EQ(version.at("loadBalancers").at(0).at("name"), "edge");
  EXPECT_EQ(version.at("loadBalancers").at(0).at("message"), "nobody listens");
  EXPECT_EQ(version.at("loadBalancers").at(0).at("version"), "");
  EXPECT_EQ(version.at("loadBalancers").at(0).at("takesRoutes"), true);
}

TEST_F(ServiceApi, ExposesMetricsForPrometheus) {
  const auto answer = get("/metrics");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"), std::string::npos);
  EXPECT_NE(answer.body.find("\nteal_leader 1\n"), std::string::npos);
}

TEST_F(ServiceApi, DescribesExactlyWhatItServes) {
  const auto document = get("/openapi/v3").json();
  EXPECT_TRUE(document.at("openapi").as_string().starts_with("3.0"));
  std::size_t operations = 0;
  for (const auto& path : document.at("paths").as_object()) operations += path.value().as_object().size();
  EXPECT_EQ(operations, api::routes().size());
  // Every $ref leads somewhere.
  const std::string text = boost::json::serialize(document);
  for (auto at = text.find("#\\/components"); at != std::string::npos; at = text.find("#\\/components", at + 1)) FAIL();
  const std::string mark = "\"#/components/schemas/";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const auto start = at + mark.size();
    const std::string kind = text.substr(start, text.find('"', start) - start);
    EXPECT_TRUE(document.at("components").at("schemas").as_object().contains(kind)) << kind;
  }
}

TEST_F(ServiceApi, EveryRouteHasAHandlerAndItsOwnPattern) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& route : api::routes()) {
    EXPECT_NE(route.handler, nullptr) << route.pattern;
    EXPECT_TRUE(seen.emplace(route.method, route.pattern).second) << route.pattern;
  }
}

TEST_F(ServiceApi, ServesThePageWithNothingFromElsewhere) {
  const auto page = call_tcp("GET", "/");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.head.find("Content-Type: text/html; charset=utf-8"), std::string::npos);
  EXPECT_NE(page.head.find("Content-Security-Policy: default-src 'none'; script-src 'self'"), std::string::npos);
  EXPECT_EQ(page.body.find("http://"), std::string::npos);
  EXPECT_EQ(page.body.find("https://"), std::string::npos);
  EXPECT_EQ(page.body.find("<script>"), std::string::npos);
  EXPECT_EQ(page.body.find("style=\""), std::string::npos);
  for (const std::string mark : {"src=\"/web/", "href=\"/web/"}) {
    std::size_t found = 0;
    for (auto at = page.body.find(mark); at != std::string::npos; at = page.body.find(mark, at + 1), ++found) {
      const auto start = page.body.find('/', at);
      const auto file = page.body.substr(start, page.body.find('"', start) - start);
      EXPECT_EQ(get(file).status, 200) << file;
    }
    EXPECT_GT(found, 0u) << mark;
  }
  EXPECT_EQ(get("/favicon.ico").status, 200);
  EXPECT_EQ(get("/web/nope.js").status, 404);
}

TEST_F(ServiceApi, ThePageKnowsThePhasesOnARolloutsWay) {
  EXPECT_EQ(
      get("/web/phases.js").body,
      "'use strict';\n\nconst path = ['Pending', 'Preparing', 'Migrating', 'Starting', 'Introducing', 'Verifying', "
      "'Withdrawing', 'Retiring', 'Complete'];\nconst tones = {\n  Healthy: 'good',\n  Progressing: 'busy',\n  "
      "AwaitingApproval: 'attention',\n  Paused: 'attention',\n  Degraded: 'bad',\n  Suspended: 'idle',\n  "
      "Pending: "
      "'busy',\n  Preparing: 'busy',\n  Migrating: 'busy',\n  Starting: 'busy',\n  Introducing: 'busy',\n  Verifying: "
      "'busy',\n  Withdrawing: 'busy',\n  Retiring: 'busy',\n  Complete: 'good',\n  "
      "RollingBack: 'bad',\n  RolledBack: 'bad',\n  Failed: 'bad',\n  Superseded: 'idle',\n};\n");
}

TEST(Target, IsTakenApartOnce) {
  const auto target = api::parse_target("/a/b%20c/%252e?x=1+2&y=%26&z");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->segments, (std::vector<std::string>{"a", "b c", "%2e"}));
  EXPECT_EQ(target->query, (std::map<std::string, std::string>{{"x", "1 2"}, {"y", "&"}, {"z", ""}}));
  EXPECT_TRUE(api::parse_target("/")->segments.empty());
  EXPECT_EQ(api::parse_target("/a/")->segments, (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(api::parse_target("//a/./..?x=[|]é&&y=a=b")->segments, (std::vector<std::string>{"", "a", ".", ".."}));
  EXPECT_EQ(api::parse_target("/./healthz")->segments, (std::vector<std::string>{".", "healthz"}));
  EXPECT_EQ(api::parse_target("/?x=[|]é&&y=a=b&z=%2B+")->query,
            (std::map<std::string, std::string>{{"x", "[|]é"}, {"y", "a=b"}, {"z", "+ "}}));
  for (const auto* bad : {"", "a", "/%", "/%4", "/%zz", "/%00", "/%7f", "/%ff", "/a\nb", "/?x=%0a", "/?x=1&x=2"}) {
    EXPECT_FALSE(api::parse_target(bad)) << bad;
  }
}

}  // namespace
}  // namespace teal::test
