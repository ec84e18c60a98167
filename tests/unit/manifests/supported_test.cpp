#include "manifests/validate/supported.hpp"

#include <gmock/gmock.h>

#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Supported, TheExamplesForUsersUseNothingElse) {
  for (const std::string name : {"minimal.yaml", "sample.yaml", "generator.yaml"}) {
    EXPECT_THAT(rules::unsupported_features(test::parsed(test::read_example(name))), IsEmpty()) << name;
  }
}

TEST(Supported, NamesEachFeatureThatIsNot) {
  auto application = test::parsed(test::read_example("full.yaml"));
  application.spec.migration.strict_credentials = true;
  application.spec.migration.jobs[0].database.reset();
  EXPECT_THAT(rules::unsupported_features(application),
              ElementsAre(StartsWith("spec.migration.strictCredentials: not supported yet: ")));
}

}  // namespace
}  // namespace teal::test
