// C1 while a migration credential cannot be read: nothing new is started unproved, and what serves is kept serving.
#include <gmock/gmock.h>

#include <algorithm>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

constexpr auto credential = "/etc/shop/migration_password";

int replicas(Stage& stage) {
  const auto all = stage.engine.running();
  return static_cast<int>(
      std::ranges::count_if(all, [](const std::string& name) { return name.starts_with("teal-shop-api"); }));
}

TEST(CredentialProof, NoReplicaOfANewVersionStartsWhileACredentialCannotBeRead) {
  Stage stage;
  stage.on_time = [&] {
    for (const auto& [name, stored] : stage.engine.containers()) {
      if (stored.seen.role == world::Role::Migrate && stored.starts > 0) stage.unreadable.insert(credential);
    }
  };
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run(true));
  EXPECT_EQ(replicas(stage), 0);
  const auto record = *stage.store.newest("shop");
  EXPECT_EQ(record.standing.phase, spec::Phase::Failed);
  EXPECT_THAT(record.outcome.failure,
              HasSubstr("it cannot be shown that a replica would hold no migration credential"));
  EXPECT_THAT(record.outcome.failure, HasSubstr("migration credential DB__PASSWORD"));
}

TEST(CredentialProof, ADeadReplicaOfWhatServesIsReplacedWithoutTheMigrationsCredentials) {
  Stage stage;
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.unreadable.insert(credential);  // as is good practice, once the migration is done
  stage.engine.end("teal-shop-api-r1-0", 1);
  stage.engine.vanish("teal-shop-api-r1-0");
  EXPECT_TRUE(stage.run_until([&] { return replicas(stage) == 2; }));
}

TEST(CredentialProof, AnImageThatHoldsACredentialIsNeverStarted) {
  Stage stage;
  stage.engine.set_in_image("id-shop:1", std::string{"DB__PASSWORD=the value of "} + credential);
  stage.application.spec.components[0].env["DB__PASSWORD"] =
      spec::ValueSource{spec::ValueSource::Kind::Literal, "own", {}};
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run(true));
  EXPECT_EQ(replicas(stage), 0) << "its own value hides the image's from nobody who has the image";
  EXPECT_THAT(stage.store.newest("shop")->outcome.failure, HasSubstr("the variable DB__PASSWORD of its image"));
}

}  // namespace
}  // namespace teal::test
