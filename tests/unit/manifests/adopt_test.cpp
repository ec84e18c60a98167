// `adopt`: what ran before Teal, named in the manifest of a first installation.
#include <gmock/gmock.h>

#include "manifests/parse/parse.hpp"
#include "manifests/spec/diff.hpp"
#include "manifests/validate/exclusive_resources.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

std::string manifest(const std::string& adopt, const std::string& name = "shop", const std::string& more = "") {
  return "apiVersion: teal/v1\nkind: Application\nmetadata: {name: " + name +
         "}\nspec:\n  version: \"1\"\n  image: registry.example/shop\n  components: [{name: api, port: 8000, "
         "loadBalancer: {name: edge, backend: " +
         name + "}}]\n  adopt: " + adopt + "\n" + more;
}

std::string refusal(const std::string& text) {
  const auto parsed = yaml::parse_application(text, "shop.yaml");
  return parsed.diagnostics.empty() ? "" : to_string(parsed.diagnostics.front());
}

spec::Application application(const std::string& adopt, const std::string& name = "shop") {
  auto parsed = yaml::parse_application(manifest(adopt, name), "shop.yaml");
  for (const auto& each : parsed.diagnostics) ADD_FAILURE() << to_string(each);
  return parsed.application.value_or(spec::Application{});
}

TEST(Adopt, IsReadAndChangesInPlace) {
  const auto shop = application("{containers: [old-1, old_2], servers: [edge/old1], stop: true}");
  EXPECT_EQ(shop.spec.adopt, (spec::Adopt{{"old-1", "old_2"}, {"edge/old1"}, true}));
  auto without = shop;
  without.spec.adopt.reset();
  EXPECT_EQ(spec::classify(shop.spec, without.spec), spec::ChangeKind::InPlace);
}

TEST(Adopt, RefusesWhatCannotBe) {
  EXPECT_THAT(refusal(manifest("{}")), HasSubstr("spec.adopt: expected containers or servers"));
  EXPECT_THAT(refusal(manifest("{containers: [old-1, old-1]}")),
              HasSubstr("spec.adopt.containers[1]: old-1 is named by spec.adopt.containers[0] already"));
  EXPECT_THAT(refusal(manifest("{servers: [edge/a, edge/a]}")), HasSubstr("spec.adopt.servers[1]: edge/a is named by"));
  EXPECT_THAT(refusal(manifest("{containers: [\"a b\"]}")), HasSubstr("spec.adopt.containers[0]: expected the name"));
  EXPECT_THAT(refusal(manifest("{servers: [old1]}")), HasSubstr("spec.adopt.servers[0]: expected a load balancer"));
  EXPECT_THAT(refusal(manifest("{containers: [teal-shop-api-r1-0]}")), HasSubstr("a replica of Teal's own"));
  EXPECT_THAT(refusal(manifest("{servers: [edge/a], stop: true}")), HasSubstr("spec.adopt.stop: there is nothing"));
  EXPECT_THAT(refusal(manifest("{containers: [a1]}", "shop", "  rollout: {strategy: Recreate}\n")),
              HasSubstr("spec.adopt: what ran before is the fallback"));
}

TEST(Adopt, ServersAreOfALoadBalancerThatPeopleConfigureAndAComponentUses) {
  rules::Places places;
  places.load_balancers["edge"];
  places.load_balancers["other"];
  places.load_balancers["kept"].takes_routes = true;
  const auto said = [&](const std::string& adopt) {
    const auto parsed = yaml::parse_manifest(manifest(adopt), "shop.yaml", &places);
    return parsed.diagnostics.empty() ? std::string{} : to_string(parsed.diagnostics.front());
  };
  EXPECT_EQ(said("{servers: [edge/old1]}"), "");
  EXPECT_THAT(said("{servers: [other/old1]}"),
              HasSubstr("spec.adopt.servers[0]: no component uses load balancer other"));
  EXPECT_THAT(said("{servers: [kept/old1]}"), HasSubstr("Teal keeps load balancer kept"));
  EXPECT_THAT(said("{servers: [moon/old1]}"), HasSubstr("teald.yaml has no load balancer moon"));
}

TEST(Adopt, OneContainerIsAdoptedOnce) {
  rules::ExclusiveResources belongings;
  EXPECT_FALSE(belongings.claim(application("{containers: [old-1]}")));
  const auto clash = belongings.claim(application("{containers: [old-1]}", "blog"));
  ASSERT_TRUE(clash.has_value());
  EXPECT_THAT(*clash, HasSubstr("application shop has adopted container old-1 already"));
}

}  // namespace
}  // namespace teal::test
