// The API as clients of Kubernetes use it: discovery, tables, selectors, patches, server-side apply, reviews.
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "daemon/api/annotations.hpp"
#include "daemon/api/field_selector.hpp"
#include "daemon/api/json_patch.hpp"
#include "daemon/api/media.hpp"
#include "daemon/api/ownership.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string applications = "/apis/teal/v1/applications";
const std::string shop = applications + "/shop";
const std::string table_header = "Accept: application/json;as=Table;v=v1;g=meta.k8s.io,application/json\r\n";
const std::string merge_patch = "application/merge-patch+json";
const std::string json_patch = "application/json-patch+json";
const std::string apply_patch = "application/apply-patch+yaml";

class KubernetesApi : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    start();
  }
  Answer get_as(const std::string& target, const std::string& headers) {
    return call("GET", target, "", "application/json", headers);
  }
  // What was applied is there, as after the reconciler has taken it over.
  void take_over() {
    on_loop([&] {
      status::ApplicationView view;
      view.record.application = *control_.applied;
      view.record.uid = "u-1";
      board_.publish(view);
      control_.applied.reset();
    });
  }
  Answer apply(const std::string& manager, const std::string& body, const std::string& more = "") {
    return call("PATCH", shop + "?fieldManager=" + manager + more, body, apply_patch);
  }
};

TEST_F(KubernetesApi, TellsItsGroupsAndKindsToOldAndNewClients) {
  EXPECT_EQ(get("/api").json().at("kind"), "APIVersions");
  EXPECT_EQ(get("/apis").json().at("groups").at(0).at("name"), "teal");
  EXPECT_EQ(get("/apis/teal").json().at("preferredVersion").at("groupVersion"), "teal/v1");
  const auto kinds = get("/apis/teal/v1").json();
  EXPECT_EQ(kinds.at("resources").at(0).at("name"), "applications");
  EXPECT_EQ(json::serialize(kinds.at("resources").at(0).at("verbs")),
            R"(["create","delete","get","list","patch","update","watch"])");
  EXPECT_EQ(get("/apis/nope/v1").status, 404);
  const auto all = get_as(
      "/apis", "Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json\r\n");
  EXPECT_THAT(all.head,
              HasSubstr("Content-Type: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"));
  EXPECT_EQ(all.json().at("items").at(0).at("versions").at(0).at("resources").at(0).at("responseKind").at("kind"),
            "Application");
}

TEST_F(KubernetesApi, TakesATimeoutAnywhere) {
  EXPECT_EQ(get("/apis?timeout=32s").status, 200);
  EXPECT_EQ(get(applications + "?timeout=32s&limit=500").status, 200);
  EXPECT_EQ(get(applications + "?timeouts=32s").status, 400);
}

TEST_F(KubernetesApi, PrintsTheColumnsOfTealGet) {
  publish("shop");
  const auto answer = get_as(applications + "?limit=500", table_header);
  EXPECT_THAT(answer.head, HasSubstr("Content-Type: application/json;as=Table;v=v1;g=meta.k8s.io"));
  const auto table = answer.json();
  std::string names;
  for (const auto& column : table.at("columnDefinitions").as_array()) {
    if (column.at("priority") == 0) names += std::string(column.at("name").as_string()) + " ";
  }
  EXPECT_EQ(names, "Name Phase Ready Version Wanted Rollout Age ");
  EXPECT_EQ(table.at("rows").at(0).at("cells").at(0), "shop");
  EXPECT_EQ(table.at("rows").at(0).at("object").at("kind"), "PartialObjectMetadata");
  EXPECT_EQ(get_as(shop + "?includeObject=Object", table_header).json().at("rows").at(0).at("object").at("kind"),
            "Application");
  EXPECT_EQ(get_as(shop, "Accept: application/json\r\n").json().at("kind"), "Application");
}

TEST_F(KubernetesApi, SelectsByFields) {
  publish("shop");
  publish("blog");
  const auto names = [&](const std::string& selector) {
    std::string text;
    const auto list = get(applications + "?fieldSelector=" + selector).json();
    for (const auto& item : list.at("items").as_array())
      text += std::string(item.at("metadata").at("name").as_string()) + " ";
    return text;
  };
  EXPECT_EQ(names("metadata.name%3Dshop"), "shop ");
  EXPECT_EQ(names("metadata.name!%3Dshop"), "blog ");
  EXPECT_EQ(names("metadata.name%3D%3Dshop,spec.version%3Dnope"), "");
  EXPECT_EQ(get(applications + "?fieldSelector=spec.secret%3Dx").status, 400);
}

TEST_F(KubernetesApi, AWatchThatResumesHasBookmarksOnlyForThoseWhoAskForThem) {
  publish("shop");
  EXPECT_THAT(get(applications + "?watch=true&timeoutSeconds=0").body, HasSubstr("BOOKMARK"));
  EXPECT_THAT(get(applications + "?watch=true&timeoutSeconds=0&resourceVersion=1001").body, Not(HasSubstr("BOOKMARK")));
  EXPECT_THAT(get(applications + "?watch=true&timeoutSeconds=0&resourceVersion=1001&allowWatchBookmarks=true").body,
              HasSubstr("BOOKMARK"));
  const auto all = get(applications +
                       "?watch=true&timeoutSeconds=0&allowWatchBookmarks=true&sendInitialEvents=true&"
                       "resourceVersionMatch=NotOlderThan");
  EXPECT_THAT(all.body, HasSubstr(R"("k8s.io/initial-events-end":"true")"));
  EXPECT_THAT(all.body, HasSubstr("ADDED"));
}

TEST_F(KubernetesApi, AWatchOfATableHasARowPerChange) {
  publish("shop");
  const auto answer = get_as(applications + "?watch=true&timeoutSeconds=0&resourceVersion=0", table_header);
  EXPECT_THAT(answer.body, HasSubstr(R"({"type":"ADDED","object":{"kind":"Table")"));
  EXPECT_THAT(answer.body, Not(HasSubstr("BOOKMARK")));
}

TEST_F(KubernetesApi, CreatesByPostOnce) {
  const auto body = R"({"apiVersion":"teal/v1","kind":"Application","metadata":{"generateName":"shop-",
      "namespace":"default","creationTimestamp":null},"spec":{"version":"1","image":"x","components":[{"name":"api"}]}})";
  EXPECT_EQ(call("POST", applications + "?fieldManager=kubectl-create", body).status, 201);
  ASSERT_TRUE(control_.applied);
  EXPECT_TRUE(control_.applied->name.starts_with("shop-")) << control_.applied->name;
  EXPECT_EQ(control_.applied->name.size(), 10u);
  publish("shop");
  const auto again = call("POST", applications,
                          R"({"apiVersion":"teal/v1","kind":"Application","metadata":{"name":"shop"},
                              "spec":{"version":"1","image":"x","components":[{"name":"api"}]}})");
  EXPECT_EQ(again.status, 409);
  EXPECT_EQ(again.json().at("reason"), "AlreadyExists");
}

TEST_F(KubernetesApi, UnknownFieldsAreRefusedToldOrDroppedAsAsked) {
  const auto body = R"({"apiVersion":"teal/v1","kind":"Application","metadata":{"name":"shop"},
      "spec":{"version":"1","image":"x","nope":1,"components":[{"name":"api","odd":{}}]}})";
  const auto strict = call("PUT", shop + "?fieldValidation=Strict", body);
  EXPECT_EQ(strict.status, 422);
  EXPECT_EQ(strict.json().at("details").at("causes").as_array().size(), 2u);
  const auto warned = call("PUT", shop + "?fieldValidation=Warn", body);
  EXPECT_EQ(warned.status, 201) << warned.body;
  EXPECT_THAT(warned.head, HasSubstr(R"(Warning: 299 - "unknown field \"spec.nope\"")"));
  EXPECT_THAT(warned.head, HasSubstr(R"(unknown field \"spec.components[0].odd\")"));
  const auto ignored = call("PUT", shop + "?fieldValidation=Ignore", body);
  EXPECT_EQ(ignored.status, 201);
  EXPECT_THAT(ignored.head, Not(HasSubstr("Warning")));
  EXPECT_EQ(call("PUT", shop + "?fieldValidation=Perhaps", body).status, 400);
}

TEST_F(KubernetesApi, PatchesByJsonPatch) {
  publish("shop");
  const auto version = std::string(get(shop).json().at("metadata").at("resourceVersion").as_string());
  const auto patched = call("PATCH", shop,
                            R"([{"op":"test","path":"/metadata/resourceVersion","value":")" + version +
                                R"("},{"op":"replace","path":"/spec/version","value":"9"}])",
                            json_patch);
  EXPECT_EQ(patched.status, 200) << patched.body;
  EXPECT_EQ(control_.applied->spec.version, "9");
  EXPECT_EQ(call("PATCH", shop, R"([{"op":"test","path":"/spec/version","value":"no"}])", json_patch).status, 422);
  EXPECT_EQ(call("PATCH", shop, R"([{"op":"frob","path":"/spec"}])", json_patch).status, 400);
  const auto strategic = call("PATCH", shop, "{}", "application/strategic-merge-patch+json");
  EXPECT_EQ(strategic.status, 415);
  EXPECT_THAT(strategic.head, HasSubstr("Accept-Patch: application/merge-patch+json"));
}

TEST_F(KubernetesApi, AStaleResourceVersionIsAConflictWhateverItComesIn) {
  publish("shop");
  EXPECT_EQ(call("PATCH", shop, R"({"metadata":{"resourceVersion":"7"},"spec":{"version":"9"}})", merge_patch).status,
            409);
  EXPECT_FALSE(control_.applied);
}

TEST_F(KubernetesApi, KeepsAnnotationsAndShowsNoneOfItsOwn) {
  publish("shop");
  const auto answer =
      call("PATCH", shop + "?fieldManager=kubectl-annotate",
           R"({"metadata":{"annotations":{"team/note":"ring Ann first","teal/manifest-file":"x"}}})", merge_patch);
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(api::annotations_of(*control_.applied).at("team/note"), "ring Ann first");
  EXPECT_FALSE(api::annotations_of(*control_.applied).contains("teal/manifest-file"));
  take_over();
  const auto shown = get(shop).json();
  EXPECT_EQ(json::serialize(shown.at("metadata").at("annotations")), R"({"team/note":"ring Ann first"})");
  EXPECT_EQ(shown.at("metadata").at("managedFields").at(0).at("manager"), "kubectl-annotate");
}

TEST_F(KubernetesApi, MasksWhatKubectlKeepsOfTheManifestThatItApplied) {
  auto application = sample_application("shop");
  api::put_annotations(
      application,
      {{std::string{api::applied_annotation},
        R"({"apiVersion":"teal/v1","kind":"Application","spec":{"env":{"DB_PASSWORD":"hunter2","MODE":"fast"}}})"
        "\n"}});
  publish(application);
  const auto body = get(shop).body;
  EXPECT_THAT(body, Not(HasSubstr("hunter2")));
  EXPECT_THAT(body, HasSubstr("fast"));
}

const std::string whole = R"({"apiVersion":"teal/v1","kind":"Application","metadata":{"name":"shop"},
    "spec":{"version":"1","image":"x","components":[{"name":"api","replicas":2},{"name":"worker"}]}})";

std::string part(const std::string& spec) {
  return R"({"apiVersion":"teal/v1","kind":"Application","metadata":{"name":"shop"},"spec":)" + spec + "}";
}

TEST_F(KubernetesApi, ServerSideApplyKeepsManagersApart) {
  EXPECT_EQ(apply("ci", whole).status, 201);
  take_over();
  // Another manager's field of its own, in a list of named things.
  EXPECT_EQ(apply("scaler", part(R"({"components":[{"name":"worker","replicas":5}]})")).status, 200);
  ASSERT_TRUE(control_.applied);
  EXPECT_EQ(control_.applied->spec.components.size(), 2u);
  EXPECT_EQ(control_.applied->spec.components[1].replicas, 5);
  EXPECT_EQ(control_.applied->spec.components[0].replicas, 2);
  take_over();
  const auto refused = apply("scaler", part(R"({"version":"2"})"));
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.json().at("details").at("causes").at(0).at("reason"), "FieldManagerConflict");
  EXPECT_EQ(refused.json().at("details").at("causes").at(0).at("field"), ".spec.version");
  EXPECT_THAT(refused.message(), HasSubstr("conflict with \"ci\""));
  EXPECT_EQ(apply("scaler", part(R"({"version":"2"})"), "&force=true").status, 200);
  EXPECT_EQ(control_.applied->spec.version, "2");
  // What it does not apply any more, and nobody else manages, is as it is by default again.
  EXPECT_EQ(control_.applied->spec.components[1].replicas, 1);
  take_over();
  EXPECT_EQ(apply("ci", whole).status, 409) << "the version is the scaler's now";
}

TEST_F(KubernetesApi, ServerSideApplyWantsAManagerAndNothingOfTheServers) {
  EXPECT_EQ(call("PATCH", shop, whole, apply_patch).status, 400);
  EXPECT_EQ(apply("ci", "spec: [").status, 400);
  EXPECT_EQ(apply("ci", R"({"spec":{}})").status, 400);
  EXPECT_EQ(apply("ci",
                  "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n  version: 1.10\n"
                  "  image: x\n  components: [{name: api}]\n")
                .status,
            201);
  EXPECT_EQ(control_.applied->spec.version, "1.10");
}

TEST_F(KubernetesApi, ScalesTheOneComponent) {
  publish("shop");
  const auto scale = get(shop + "/scale");
  const auto components = get(shop).json().at("spec").at("components").as_array().size();
  if (components != 1) {
    EXPECT_EQ(scale.status, 422);
    EXPECT_THAT(scale.message(), HasSubstr("does not say which one"));
    return;
  }
  EXPECT_EQ(scale.json().at("apiVersion"), "autoscaling/v1");
  EXPECT_EQ(call("PATCH", shop + "/scale", R"({"spec":{"replicas":4}})", merge_patch).status, 200);
  EXPECT_EQ(control_.applied->spec.components[0].replicas, 4);
  EXPECT_EQ(call("PUT", shop + "/scale", R"({"spec":{"replicas":-1}})").status, 422);
}

TEST_F(KubernetesApi, AnEmptyObjectIsNoBody) {
  publish("shop");
  EXPECT_EQ(call("POST", shop + "/plan", "{}").status, 200);
  EXPECT_FALSE(control_.candidate);
}

TEST_F(KubernetesApi, SaysWhoAsksAndWhatTheyMay) {
  publish("shop");
  EXPECT_FALSE(call("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}")
                   .json()
                   .at("status")
                   .at("userInfo")
                   .at("username")
                   .as_string()
                   .empty());
  const auto may = [&](bool over_tcp, const std::string& verb, const std::string& resource) {
    const auto target = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    const auto body =
        R"({"spec":{"resourceAttributes":{"group":"teal","verb":")" + verb + R"(","resource":")" + resource + R"("}}})";
    const auto answer = over_tcp ? call_tcp("POST", target, body, "localhost", "Content-Type: application/json\r\n")
                                 : call("POST", target, body);
    return answer.json().at("status").at("allowed").as_bool();
  };
  EXPECT_TRUE(may(false, "delete", "applications"));
  EXPECT_TRUE(may(true, "list", "applications"));
  EXPECT_FALSE(may(true, "delete", "applications")) << "this address has viewers only";
  EXPECT_FALSE(may(false, "delete", "rollouts")) << "there is no such thing";
  EXPECT_FALSE(may(true, "*", "*"));
}

TEST_F(KubernetesApi, ShowsEventsInEveryGroup) {
  publish("shop");
  records::Event event;
  event.application = "shop";
  event.object = "Rollout/shop-7";
  event.message = "it began";
  on_loop([&] { boost::asio::co_spawn(loop_, store_.append({event}), boost::asio::detached); });
  const auto core =
      get("/api/v1/events?fieldSelector=involvedObject.name%3Dshop-7,involvedObject.kind%3DRollout").json();
  EXPECT_EQ(core.at("apiVersion"), "v1");
  EXPECT_EQ(core.at("items").at(0).at("involvedObject").at("name"), "shop-7");
  EXPECT_EQ(get("/api/v1/namespaces/default/events").json().at("items").as_array().size(), 1u);
  const auto regarding = get("/apis/events.k8s.io/v1/events").json();
  EXPECT_EQ(regarding.at("items").at(0).at("note"), "it began");
  const auto of_application =
      get("/api/v1/events?fieldSelector=involvedObject.name%3Dshop,involvedObject.kind%3DApplication").json();
  EXPECT_EQ(of_application.at("items").as_array().size(), 1u) << "a rollout's events are its application's";
  EXPECT_EQ(get("/api/v1/events?fieldSelector=involvedObject.name%3Dblog").json().at("items").as_array().size(), 0u);
}

TEST_F(KubernetesApi, AnswersWhatIsKnownAlreadyWithoutIt) {
  publish("shop");
  const auto answer = get(applications);
  const auto at = answer.head.find("ETag: ");
  ASSERT_NE(at, std::string::npos);
  const auto tag = answer.head.substr(at + 6, answer.head.find("\r\n", at) - at - 6);
  const auto again = get_as(applications, "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  publish("shop", "changed");
  EXPECT_EQ(get_as(applications, "If-None-Match: " + tag + "\r\n").status, 200);
}

TEST_F(KubernetesApi, RefusesFormsThatItDoesNotHave) {
  EXPECT_EQ(get_as(applications, "Accept: application/xml\r\n").status, 406);
  EXPECT_EQ(get_as(applications, "Accept: application/xml, application/*;q=0.1\r\n").status, 200);
  EXPECT_EQ(get_as("/healthz", "Accept: application/xml\r\n").status, 200);
}

TEST_F(KubernetesApi, EveryAnswerNamesItsRequest) {
  EXPECT_THAT(get_as("/healthz", "X-Request-Id: ci-42\r\n").head, HasSubstr("X-Request-Id: ci-42\r\n"));
  EXPECT_THAT(get_as("/healthz", "X-Request-Id: a b\r\n").head, Not(HasSubstr("a b")));
  EXPECT_THAT(get("/healthz").head, HasSubstr("X-Request-Id: "));
}

TEST_F(KubernetesApi, DescribesItselfByGroupAndForOlderClients) {
  const auto index = get_as("/openapi/v3", "Accept: application/json, */*\r\n").json();
  const auto where = std::string(index.at("paths").at("apis/teal/v1").at("serverRelativeURL").as_string());
  const auto group = get(where).json();
  EXPECT_TRUE(group.at("paths").as_object().contains(applications));
  EXPECT_FALSE(group.at("paths").as_object().contains("/healthz"));
  EXPECT_EQ(
      group.at("components").at("schemas").at("Application").at("x-kubernetes-group-version-kind").at(0).at("kind"),
      "Application");
  EXPECT_EQ(get("/openapi/v2").json().at("swagger"), "2.0");
  const auto proto = get_as("/openapi/v2", "Accept: application/com.github.proto-openapi.spec.v2@v1.0+protobuf\r\n");
  EXPECT_EQ(proto.body.substr(0, 5),
            "\n\x03"
            "2.0");
  EXPECT_EQ(get("/openapi/v3").json().at("openapi"), "3.0.3");
}

TEST(JsonPatch, DoesWhatItSaysOrNothing) {
  const auto apply = [](const std::string& document, const std::string& patch) -> std::string {
    const auto done = api::patched(json::parse(document), json::parse(patch).as_array());
    return done ? json::serialize(*done) : "error: " + done.error().message;
  };
  EXPECT_EQ(apply(R"({"a":[1,2]})", R"([{"op":"add","path":"/a/1","value":9},{"op":"add","path":"/a/-","value":3}])"),
            R"({"a":[1,9,2,3]})");
  EXPECT_EQ(
      apply(R"({"a/b":1,"m~n":2})", R"([{"op":"remove","path":"/a~1b"},{"op":"replace","path":"/m~0n","value":3}])"),
      R"({"m~n":3})");
  EXPECT_EQ(apply(R"({"a":1})", R"([{"op":"move","from":"/a","path":"/b"},{"op":"copy","from":"/b","path":"/c"}])"),
            R"({"b":1,"c":1})");
  for (const std::string wrong :
       {R"([{"op":"remove","path":"/x"}])", R"([{"op":"add","path":"x","value":1}])",
        R"([{"op":"add","path":"/a/01","value":1}])", R"([{"op":"add","path":"/b~2","value":1}])",
        R"([{"op":"add","path":"/b"}])", R"([1])"}) {
    EXPECT_TRUE(apply(R"({"a":[1]})", wrong).starts_with("error")) << wrong;
  }
}

TEST(FieldSelector, ReadsWhatKubectlSends) {
  const auto selector = api::FieldSelector::parse(R"(a=x\,y,b!=z)", {"a", "b"});
  ASSERT_TRUE(selector);
  EXPECT_TRUE(selector->matches([](std::string_view field) { return field == "a" ? "x,y" : "w"; }));
  EXPECT_FALSE(selector->matches([](std::string_view field) { return field == "a" ? "x,y" : "z"; }));
  EXPECT_TRUE(api::FieldSelector::parse("", {})->selects_all());
  for (const auto* wrong : {"a", "a!b", "c=1", "a=b=c"}) EXPECT_FALSE(api::FieldSelector::parse(wrong, {"a"})) << wrong;
}

TEST(Media, FollowsTheOrderOfTheHeader) {
  EXPECT_EQ(api::wanted_table("application/json;as=Table;v=v1;g=meta.k8s.io,application/json"), "v1");
  EXPECT_EQ(api::wanted_table("application/json, application/json;as=Table;v=v1;g=meta.k8s.io"), "");
  EXPECT_EQ(api::wanted_table("application/json;as=Table;v=v9;g=meta.k8s.io,*/*"), "");
  EXPECT_TRUE(api::takes_media("", "application/json"));
  EXPECT_TRUE(api::takes_media("text/*, application/*;q=0.5", "application/json"));
  EXPECT_FALSE(api::takes_media("application/json;q=0, text/html", "application/json"));
}

}  // namespace
}  // namespace teal::test
