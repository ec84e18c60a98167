#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "manifests/wire/json.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

const std::string applications = "/apis/teal/v1/applications";

class ApplicationsApi : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    start();
  }
  std::string body(const std::string& name) { return json::serialize(wire::to_json(sample_application(name))); }
};

TEST_F(ApplicationsApi, ShowsAnApplicationAsTheContractSays) {
  publish("shop", "all is well", "/etc/teal/manifests/shop.yaml");
  const auto answer = get(applications + "/shop");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_NE(answer.head.find("Content-Type: application/json\r\n"), std::string::npos);
  const auto app = answer.json();
  EXPECT_EQ(app.at("apiVersion"), "teal/v1");
  EXPECT_EQ(app.at("kind"), "Application");
  const auto& metadata = app.at("metadata");
  EXPECT_EQ(metadata.at("name"), "shop");
  EXPECT_EQ(metadata.at("labels").at("team"), "learning");
  EXPECT_EQ(metadata.at("uid"), "uid-shop");
  EXPECT_EQ(metadata.at("generation"), 3);
  EXPECT_EQ(metadata.at("resourceVersion"), "1001");
  EXPECT_EQ(metadata.at("creationTimestamp"), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(metadata.at("annotations").at("teal/manifest-file"), "/etc/teal/manifests/shop.yaml");
  EXPECT_EQ(app.at("spec").at("version"), "1.0.0");
  const auto expected = json::parse(R"({"observedGeneration":3,"phase":"Healthy","message":"all is well",
      "activeVersion":"1.0.0","activeRevision":7,"rollout":"shop-7",
      "conditions":[{"type":"Ready","status":"True","reason":"AllReady","message":"2 of 2",
                     "lastTransitionTime":"2023-11-14T22:13:20.456Z"}],
      "components":[{"name":"api","desired":2,"ready":1,"replicas":[{"name":"teal-shop-api-r7-0","revision":7,
        "state":"Running","address":"127.0.0.1:49153","health":"healthy: 200","loadBalancer":"Up","sessions":4}]}]})");
  EXPECT_EQ(app.at("status"), expected) << json::serialize(app.at("status"));
  EXPECT_EQ(get(applications + "/shop/status").body, answer.body);
}

TEST_F(ApplicationsApi, ListsThemWithTheVersionToWatchFrom) {
  publish("shop");
  publish("blog");
  const auto list = get(applications).json();
  EXPECT_EQ(list.at("kind"), "ApplicationList");
  EXPECT_EQ(list.at("apiVersion"), "teal/v1");
  EXPECT_EQ(list.at("metadata").at("resourceVersion"), "1002");
  ASSERT_EQ(list.at("items").as_array().size(), 2u);
  EXPECT_EQ(list.at("items").at(0).at("metadata").at("name"), "blog");
}

TEST_F(ApplicationsApi, AMissingOneIsAStatusObject) {
  const auto answer = get(applications + "/nobody");
  EXPECT_EQ(answer.status, 404);
  const auto status = answer.json();
  EXPECT_EQ(status.at("kind"), "Status");
  EXPECT_EQ(status.at("apiVersion"), "v1");
  EXPECT_EQ(status.at("status"), "Failure");
  EXPECT_EQ(status.at("reason"), "NotFound");
  EXPECT_EQ(status.at("code"), 404);
  EXPECT_NE(answer.message().find("nobody"), std::string::npos);
}

TEST_F(ApplicationsApi, PutCreatesFromJsonAndYaml) {
  auto answer = call("PUT", applications + "/shop", body("shop"));
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(control_.applied, sample_application("shop"));
  EXPECT_FALSE(control_.dry_run);
  const std::string yaml =
      "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  version: '2'\n  image: x/shop\n"
      "  components: [{name: api}]\n";
  answer = call("PUT", applications + "/shop", yaml, "application/yaml");
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(control_.applied->spec.version, "2");
  publish("shop");
  EXPECT_EQ(call("PUT", applications + "/shop", yaml, "text/yaml; charset=utf-8").status, 200);
}

TEST_F(ApplicationsApi, PutTakesBackWhatGetHasGiven) {
  publish("shop");
  auto object = get(applications + "/shop").json();
  object.at("spec").as_object()["version"] = "2.0.0";
  const auto answer = call("PUT", applications + "/shop", json::serialize(object));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(control_.applied->spec.version, "2.0.0");
  publish("shop", "changed meanwhile");
  const auto stale = call("PUT", applications + "/shop", json::serialize(object));
  EXPECT_EQ(stale.status, 409);
  EXPECT_NE(stale.message().find("changed meanwhile"), std::string::npos);
}

TEST_F(ApplicationsApi, DryRunOnlyValidates) {
  EXPECT_EQ(call("PUT", applications + "/shop?dryRun=All", body("shop")).status, 200);
  EXPECT_TRUE(control_.dry_run);
  EXPECT_EQ(call("PUT", applications + "/shop?dryRun=yes", body("shop")).status, 400);
}

TEST_F(ApplicationsApi, AnInvalidSpecNamesEveryField) {
  const std::string yaml =
      "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  version: '2'\n  image: x/shop\n"
      "  pullPolicy: Sometimes\n  components: [{name: api, replicaz: 2}]\n";
  const auto answer = call("PUT", applications + "/shop", yaml, "application/yaml");
  EXPECT_EQ(answer.status, 422);
  const auto status = answer.json();
  EXPECT_EQ(status.at("reason"), "Invalid");
  const auto& causes = status.at("details").at("causes").as_array();
  ASSERT_EQ(causes.size(), 2u) << answer.body;
  EXPECT_EQ(causes[0].at("field"), "spec.pullPolicy");
  EXPECT_EQ(causes[0].at("line"), 7);
  EXPECT_FALSE(control_.applied);
}

TEST_F(ApplicationsApi, RefusesMalformedAndMismatchedBodies) {
  EXPECT_EQ(call("PUT", applications + "/shop", "{\"apiVersion\":").status, 400);
  EXPECT_EQ(call("PUT", applications + "/shop", "[1]").status, 400);
  EXPECT_EQ(call("PUT", applications + "/shop", "a: [b", "application/yaml").status, 400);
  EXPECT_EQ(call("PUT", applications + "/shop").status, 415);
  EXPECT_EQ(call("PUT", applications + "/shop", body("shop"), "text/plain").status, 415);
  EXPECT_EQ(call("PUT", applications + "/shop", body("shop"), "application/x-www-form-urlencoded").status, 415);
  EXPECT_NE(call("PUT", applications + "/shop", body("blog")).message().find("blog"), std::string::npos);
  EXPECT_EQ(call("PUT", applications + "/shop", std::string(200000, '['), "application/json").status, 400);
  EXPECT_FALSE(control_.applied);
}

TEST_F(ApplicationsApi, RefusesToStoreAMaskedCredential) {
  auto application = sample_application("shop");
  application.spec.env["DB__PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "***", {}};
  const auto answer = call("PUT", applications + "/shop", json::serialize(wire::to_json(application)));
  EXPECT_EQ(answer.status, 422);
  EXPECT_NE(answer.message().find("masked"), std::string::npos) << answer.body;
}

// What everybody sees is masked, what is stored is not: only what a patch says itself is looked at for masks.
TEST_F(ApplicationsApi, PatchKeepsTheSecretsThatAreWrittenInTheSpec) {
  auto application = sample_application("shop");
  application.spec.env["API_KEY"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "hunter2", {}};
  application.spec.env["STARS"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "*** of ***", {}};
  application.spec.env["URL"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "postgres://u:hunter2@h/d", {}};
  application.spec.env["LICENSE"] = spec::ValueSource{spec::ValueSource::Kind::Exec, "", {"/bin/license", "hunter2"}};
  publish(application);
  for (const auto* path : {"/shop", "", "/shop?watch=true&timeoutSeconds=0"}) {
    const auto shown = call("GET", applications + path).body;
    EXPECT_EQ(shown.find("hunter2"), std::string::npos) << shown;
  }
  EXPECT_NE(call("GET", applications + "/shop").body.find("postgres://u:***@h/d"), std::string::npos);
  const auto patched =
      call("PATCH", applications + "/shop", R"({"spec":{"version":"3"}})", "application/merge-patch+json");
  EXPECT_EQ(patched.status, 200) << patched.body;
  ASSERT_TRUE(control_.applied);
  EXPECT_EQ(control_.applied->spec.env, application.spec.env);
  for (const auto* env : {R"({"API_KEY":"***"})", R"({"URL":"postgres://u:***@h/d"})",
                          R"({"LICENSE":{"fromExec":["/bin/license","***"]}})", R"({"X":"run --token ***"})"}) {
    const auto patch = std::string{R"({"spec":{"env":)"} + env + "}}";
    const auto refused = call("PATCH", applications + "/shop", patch, "application/merge-patch+json");
    EXPECT_EQ(refused.status, 422) << patch;
    EXPECT_NE(refused.message().find("spec.env."), std::string::npos) << refused.body;
  }
}

TEST_F(ApplicationsApi, PatchMergesIntoTheSpec) {
  publish("shop");
  const std::string patch = R"({"metadata":{"labels":{"team":null,"tier":"web"}},"spec":{"version":"3"}})";
  const auto answer = call("PATCH", applications + "/shop", patch, "application/merge-patch+json");
  EXPECT_EQ(answer.status, 200) << answer.body;
  ASSERT_TRUE(control_.applied);
  auto expected = sample_application("shop", "3");
  expected.labels = {{"tier", "web"}};
  EXPECT_EQ(*control_.applied, expected);
  EXPECT_EQ(call("PATCH", applications + "/shop", patch).status, 415);
  EXPECT_EQ(call("PATCH", applications + "/nobody", patch, "application/merge-patch+json").status, 404);
  EXPECT_EQ(
      call("PATCH", applications + "/shop", R"({"metadata":{"name":"x"}})", "application/merge-patch+json").status,
      400);
  EXPECT_EQ(call("PATCH", applications + "/shop", R"({"spec":null})", "application/merge-patch+json").status, 422);
}

TEST_F(ApplicationsApi, WhatAManifestFileOwnsIsNotWritten) {
  publish("shop", "", "/etc/teal/manifests/shop.yaml");
  for (const auto& answer : {call("PUT", applications + "/shop", body("shop")), call("DELETE", applications + "/shop"),
                             call("PATCH", applications + "/shop", "{}", "application/merge-patch+json")}) {
    EXPECT_EQ(answer.status, 409);
    EXPECT_NE(answer.message().find("/etc/teal/manifests/shop.yaml"), std::string::npos) << answer.body;
  }
  EXPECT_FALSE(control_.applied);
  EXPECT_EQ(control_.removed, "");
}

TEST_F(ApplicationsApi, DeleteStartsTheRemoval) {
  publish("shop");
  const auto answer = call("DELETE", applications + "/shop");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("status"), "Success");
  EXPECT_EQ(control_.removed, "shop");
  EXPECT_EQ(call("DELETE", applications + "/nobody").status, 404);
}

TEST_F(ApplicationsApi, ADryRunDeletesNothing) {
  publish("shop");
  const std::string kubectl =
      R"({"kind":"DeleteOptions","apiVersion":"v1","propagationPolicy":"Background","dryRun":["All"]})";
  for (const auto& answer :
       {call("DELETE", applications + "/shop", kubectl), call("DELETE", applications + "/shop?dryRun=All"),
        call("DELETE", applications + "/shop", R"({"dryRun":["All"],"gracePeriodSeconds":0,"preconditions":null})")}) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json().at("status"), "Success");
    EXPECT_NE(answer.body.find("dry run"), std::string::npos) << answer.body;
  }
  EXPECT_EQ(control_.removed, "");
  EXPECT_EQ(call("DELETE", applications + "/nobody?dryRun=All").status, 404);
  publish("owned", "", "/etc/teal/manifests/owned.yaml");
  EXPECT_EQ(call("DELETE", applications + "/owned?dryRun=All").status, 409) << "it says what the real one would";
}

TEST_F(ApplicationsApi, DeleteOptionsThatItCannotFollowDeleteNothing) {
  publish("shop");
  const std::vector<std::string> bodies{R"({"dryRun":"All"})",
                                        R"({"dryRun":["all"]})",
                                        R"({"dryRun":["All","Some"]})",
                                        R"({"dryrun":["All"]})",
                                        R"({"propagationPolicy":"Orphan"})",
                                        R"({"propagationPolicy":7})",
                                        R"({"orphanDependents":true})",
                                        R"({"gracePeriodSeconds":-1})",
                                        R"({"preconditions":{"name":"shop"}})",
                                        R"({"preconditions":{"uid":7}})",
                                        R"({"kind":"Application"})",
                                        R"(["All"])",
                                        "{"};
  for (const auto& body : bodies) EXPECT_EQ(call("DELETE", applications + "/shop", body).status, 400) << body;
  for (const std::string query :
       {"dryRun=all", "dryRun=", "dryRun", "dryRun=All&dryRun=All", "propagationPolicy=Orphan", "dry=1"}) {
    EXPECT_EQ(call("DELETE", applications + "/shop?" + query).status, 400) << query;
  }
  EXPECT_EQ(call("DELETE", applications + "/shop", R"({"dryRun":["All"]})", "text/plain").status, 415);
  EXPECT_EQ(control_.removed, "");
}

TEST_F(ApplicationsApi, DeletesOnlyWhatWhoeverAsksHasSeen) {
  publish("shop");
  const auto version = get(applications + "/shop").json().at("metadata").at("resourceVersion").as_string();
  const auto with = [&](std::string_view uid, std::string_view resource_version) {
    json::object preconditions{{"uid", uid}, {"resourceVersion", resource_version}};
    return call("DELETE", applications + "/shop", json::serialize(json::object{{"preconditions", preconditions}}));
  };
  const auto another = with("uid-of-its-forerunner", version);
  EXPECT_EQ(another.status, 409);
  EXPECT_NE(another.message().find("uid-shop"), std::string::npos) << another.body;
  EXPECT_EQ(with("uid-shop", "1").status, 409);
  EXPECT_EQ(control_.removed, "");
  EXPECT_EQ(with("uid-shop", version).status, 200);
  EXPECT_EQ(control_.removed, "shop");
}

TEST_F(ApplicationsApi, NothingElseIsDoneInADryRun) {
  publish("shop");
  const std::string patch = R"({"spec":{"version":"3"}})";
  EXPECT_EQ(call("PATCH", applications + "/shop?dryRun=All", patch, "application/merge-patch+json").status, 200);
  EXPECT_TRUE(control_.dry_run);
  for (const std::string verb : {"approve", "pause", "resume", "abort", "retry", "rollback"}) {
    EXPECT_EQ(call("POST", applications + "/shop/" + verb + "?dryRun=All").status, 400) << verb;
    EXPECT_EQ(call("POST", applications + "/shop/" + verb, R"({"dryRun":["All"]})").status, 400) << verb;
  }
  EXPECT_FALSE(control_.asked);
}

TEST_F(ApplicationsApi, ErrorsOfControlHaveTheirStatus) {
  const std::vector<std::pair<ErrorCode, int>> expected{
      {ErrorCode::not_found, 404}, {ErrorCode::conflict, 409},    {ErrorCode::invalid, 422},
      {ErrorCode::denied, 403},    {ErrorCode::unavailable, 503}, {ErrorCode::timed_out, 504},
      {ErrorCode::unhealthy, 503}, {ErrorCode::cancelled, 503},   {ErrorCode::internal, 500}};
  for (const auto& [code, status] : expected) {
    control_.error = Error{code, "the reason"};
    const auto answer = call("PUT", applications + "/shop", body("shop"));
    EXPECT_EQ(answer.status, status) << to_string(code);
    EXPECT_EQ(answer.message(), "the reason");
  }
}

TEST_F(ApplicationsApi, WhoAsksForManyPreflightsWaitsForThemselves) {
  publish("shop");
  on_loop([&] { control_.preflight_takes = 300ms; });
  std::vector<std::unique_ptr<Socket>> sockets;
  for (int i = 0; i < 5; ++i) {
    sockets.push_back(std::make_unique<Socket>(socket_));
    sockets.back()->send("POST " + applications +
                         "/shop/preflight HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  int refused = 0;
  for (const auto& socket : sockets) refused += parse_answer(socket->read_all()).status == 429 ? 1 : 0;
  EXPECT_EQ(refused, 3);
  EXPECT_EQ(call("POST", applications + "/shop/preflight").status, 200) << "they have their places again";
  on_loop([&] { EXPECT_TRUE(store_.all_audit().empty()) << "it has no database, so nothing was looked at"; });
}

}  // namespace
}  // namespace teal::test
