// `loadBalancer.routes`, and the backend that follows where none is named.
#include <gmock/gmock.h>

#include "manifests/parse/parse.hpp"
#include "manifests/spec/diff.hpp"
#include "manifests/validate/exclusive_resources.hpp"
#include "manifests/wire/decode_application.hpp"
#include "manifests/wire/json.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string manifest(const std::string& name, const std::string& use, const std::string& second = "") {
  auto text = "apiVersion: teal/v1\nkind: Application\nmetadata: {name: " + name +
              "}\nspec:\n  version: \"1\"\n  image: registry.example/shop\n  components:\n"
              "    - {name: api, port: 8000, loadBalancer: " +
              use + "}\n";
  if (!second.empty()) text += "    - {name: web, port: 8001, loadBalancer: " + second + "}\n";
  return text;
}

spec::Application application(const std::string& use, const std::string& name = "shop") {
  auto parsed = yaml::parse_application(manifest(name, use), "shop.yaml");
  for (const auto& each : parsed.diagnostics) ADD_FAILURE() << to_string(each);
  return parsed.application.value_or(spec::Application{});
}

// As the store has it.
spec::Application again(const spec::Application& application) {
  const boost::json::value stored = wire::to_json(application);
  std::optional<std::string> problem;
  spec::Application read;
  wire::decode(wire::Place{stored, "", problem}, read);
  EXPECT_FALSE(problem.has_value()) << problem.value_or("");
  return read;
}

const spec::LoadBalancerUse& use_of(const spec::Application& application) {
  return *application.spec.components.at(0).load_balancer;
}

std::string refusal(const std::string& text) {
  const auto parsed = yaml::parse_application(text, "shop.yaml");
  return parsed.diagnostics.empty() ? "" : to_string(parsed.diagnostics.front());
}

TEST(Routes, AreReadWithTheirDefaults) {
  const auto shop = application("{name: edge, routes: [{host: shop.example.com, path: /api, held: 5s}, {}]}");
  const auto& routes = use_of(shop).routes;
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0], (spec::Route{"shop.example.com", "/api", std::chrono::seconds{5}}));
  EXPECT_EQ(routes[1], (spec::Route{"", "/", Duration{0}}));
  EXPECT_EQ(spec::route_key(routes[0]), "shop.example.com/api/");
  EXPECT_EQ(spec::route_key(routes[1]), "*/");
}

TEST(Routes, SurviveTheStore) {
  const auto shop = application("{name: edge, routes: [{host: shop.example.com, path: /api, held: 5s}]}");
  EXPECT_EQ(again(shop), shop);
}

TEST(Routes, ABackendIsCalledAfterApplicationAndComponentUnlessNamed) {
  EXPECT_EQ(use_of(application("{name: edge}")).backend, "shop_api");
  EXPECT_EQ(use_of(application("{name: edge, backend: other}")).backend, "other");
}

TEST(Routes, RefusesWhatNoRequestCanMatch) {
  for (const auto* host : {"Shop.example.com", "shop.example.com:80", "https://shop", "\"*\"", "\"*.*.com\"",
                           "\"a.*.com\"", "\"*a.com\"", "a..b", "-a"}) {
    EXPECT_THAT(refusal(manifest("shop", "{name: edge, routes: [{host: " + std::string{host} + "}]}")),
                HasSubstr("routes[0].host: expected a host name in lower case"))
        << host;
  }
  for (const auto* path :
       {"api", "//", "/a//b", "/a/../b", "/./a", "\"/a b\"", "\"/a;b\"", "\"/a?b\"", "\"/a#b\"", "/%61"}) {
    EXPECT_THAT(refusal(manifest("shop", "{name: edge, routes: [{path: " + std::string{path} + "}]}")),
                HasSubstr("routes[0].path: expected a path such as /api"))
        << path;
  }
  EXPECT_THAT(refusal(manifest("shop", "{name: edge, routes: [{held: 11m}]}")), HasSubstr("routes[0].held"));
}

TEST(Routes, TakeAWildcardForOneLabelInFront) {
  const auto shop = application("{name: edge, routes: [{host: \"*.example.com\"}]}");
  EXPECT_EQ(spec::route_key(use_of(shop).routes.at(0)), "*.example.com/");
}

TEST(Routes, AreRefusedWithTheirKeyWhereNobodyReadsThem) {
  rules::Places places;
  places.load_balancers["edge"].takes_routes = true;
  places.load_balancers["old"];
  const auto said = [&](const std::string& use) {
    const auto parsed = yaml::parse_manifest(manifest("shop", "{name: edge}", use), "shop.yaml", &places);
    return parsed.diagnostics.empty() ? std::string{} : to_string(parsed.diagnostics.front());
  };
  EXPECT_EQ(said("{name: edge, routes: [{host: a.example}]}"), "");
  EXPECT_EQ(said("{name: old}"), "");
  EXPECT_THAT(said("{name: old, routes: [{}]}"),
              AllOf(HasSubstr("shop.yaml:9:"), HasSubstr("spec.components[1].loadBalancer.routes: "),
                    HasSubstr("load balancer old is written by people")));
  EXPECT_THAT(said("{name: egde}"), AllOf(HasSubstr("spec.components[1].loadBalancer.name: "),
                                          HasSubstr("teald.yaml has no load balancer egde: it has edge, old")));
  places.load_balancers.clear();
  EXPECT_THAT(said("{name: edge}"), HasSubstr("teald.yaml has no load balancers: add edge"));
}

TEST(Routes, TheSameOneTwiceIsRefusedWhereverItStands) {
  EXPECT_THAT(refusal(manifest("shop", "{name: edge, routes: [{path: /a}, {path: /a/}]}")),
              HasSubstr("spec.components[0].loadBalancer.routes[0] has the same host and path"));
  EXPECT_THAT(refusal(manifest("shop", "{name: edge, routes: [{}]}", "{name: edge, routes: [{}]}")),
              HasSubstr("spec.components[1].loadBalancer.routes[0]: spec.components[0].loadBalancer.routes[0] has"));
  EXPECT_EQ(refusal(manifest("shop", "{name: edge, routes: [{}]}", "{name: other, routes: [{}]}")), "");
}

TEST(Routes, OfTwoApplicationsOnlyOneHasARoute) {
  rules::ExclusiveResources belongings;
  EXPECT_FALSE(belongings.claim(application("{name: edge, routes: [{host: a.example, path: /x}]}")));
  const auto clash = belongings.claim(application("{name: edge, routes: [{host: a.example, path: /x/}]}", "blog"));
  ASSERT_TRUE(clash.has_value());
  EXPECT_THAT(*clash, HasSubstr("the route edge/a.example/x/ belongs to application shop"));
  EXPECT_FALSE(belongings.claim(application("{name: edge, routes: [{host: a.example, path: /y}]}", "blog")));
}

TEST(Routes, ChangeInPlace) {
  const auto before = application("{name: edge, routes: [{path: /a}]}");
  EXPECT_EQ(spec::classify(before.spec, application("{name: edge, routes: [{path: /b, held: 1s}]}").spec),
            spec::ChangeKind::InPlace);
  EXPECT_EQ(spec::classify(before.spec, application("{name: edge, backend: other, routes: [{path: /a}]}").spec),
            spec::ChangeKind::NewRevision);
}

}  // namespace
}  // namespace teal::test
