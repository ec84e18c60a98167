// Images of engines whose ids are digests of configurations, of those whose ids are digests of manifests, and of one
// that changes from one kind to the other.
#include <gmock/gmock.h>

#include "controllers/rollout/steps/preparing.hpp"
#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

records::Revision revision(const std::string& id, const std::string& digest, bool named_by_digest) {
  records::Revision made;
  made.application.spec.image = "host:5000/shop";
  made.application.spec.version = "1";
  made.image_id = id;
  made.image_digest = digest;
  made.image_named_by_digest = named_by_digest;
  return made;
}

TEST(ImageStores, WhatIsNamedByItsDigestCanBePulledWhateverItsIdIs) {
  EXPECT_EQ(rollout::recorded_reference(revision("sha256:config", "sha256:manifest", true)),
            "host:5000/shop@sha256:manifest");
  EXPECT_EQ(rollout::recorded_reference(revision("sha256:index", "sha256:index", true)), "host:5000/shop@sha256:index");
  EXPECT_EQ(rollout::recorded_reference(revision("sha256:config", "sha256:config", false)), "") << "built here";
  EXPECT_EQ(rollout::recorded_reference(revision("sha256:config", "sha256:manifest", false)),
            "host:5000/shop@sha256:manifest")
      << "of a release that did not tell";
}

// The engine's images and containers are gone with its old store, and what its registry has bears ids of another kind.
void replace_store(Stage& stage, const std::string& id) {
  stage.engine.remove_image("shop:1");
  for (const auto* name : {"teal-shop-api-r1-0", "teal-shop-api-r1-1", "teal-shop-worker-r1-0"})
    stage.engine.vanish(name);
  stage.engine.add_remote_image("shop@sha256:d1", {id, "sha256:d1", true});
}

void expect_same_image_serves(Stage& stage, const std::string& id) {
  const auto whole = [&] { return stage.view()->status.phase == "Healthy" && stage.engine.running().size() == 3; };
  ASSERT_TRUE(stage.run_until(whole)) << stage.view()->status.message;
  for (const auto& [name, stored] : stage.engine.containers()) EXPECT_EQ(stored.seen.image_id, id) << name;
  EXPECT_EQ(stage.servers().size(), 2U) << "they take traffic: it is the image that was verified";
  EXPECT_EQ(stage.view()->rollout->course.target.number, 1);
}

TEST(ImageStores, AnotherStoreIsServedFromTheSameDigest) {
  Stage stage;
  stage.engine.add_image("shop:1", {"sha256:config1", "sha256:d1", true});
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  replace_store(stage, "sha256:d1");
  expect_same_image_serves(stage, "sha256:d1");
}

TEST(ImageStores, AnImageThatWasPrunedIsPulledAgainAlsoWhereItsIdIsItsDigest) {
  Stage stage;
  stage.engine.add_image("shop:1", {"sha256:d1", "sha256:d1", true});
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  replace_store(stage, "sha256:d1");
  expect_same_image_serves(stage, "sha256:d1");
}

TEST(ImageStores, ARollbackPullsByTheDigestAlsoWhereItIsTheId) {
  Stage stage;
  stage.engine.add_image("shop:1", {"sha256:d1", "sha256:d1", true});
  stage.engine.add_image("shop:2", {"sha256:d2", "sha256:d2", true});
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.engine.remove_image("shop:1");
  stage.engine.add_remote_image("shop@sha256:d1", {"sha256:d1", "sha256:d1", true});
  ASSERT_TRUE(stage.wait(stage.teald().request("shop", {records::Verb::Rollback, std::nullopt, "ann"})));
  const auto is_back = [&] {
    const auto& rollout = stage.view()->rollout;
    return rollout && rollout->course.target.number == 3 && rollout->standing.phase == spec::Phase::Complete;
  };
  ASSERT_TRUE(stage.run_until(is_back)) << stage.view()->status.message;
  EXPECT_EQ(stage.view()->rollout->course.target.image_id, "sha256:d1");
}

}  // namespace
}  // namespace teal::test
