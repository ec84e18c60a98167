// Which spec is in force, and who owns it.
#include "controllers/admission/admission.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const Time now{std::chrono::milliseconds{1'700'000'000'000}};

std::string manifest(const std::string& name, const std::string& version) {
  return fmt::format(R"(apiVersion: teal/v1
kind: Application
metadata: {{name: {}}}
spec:
  version: "{}"
  image: {}
  components: [{{name: api}}]
)",
                     name, version, name);
}

admission::ManifestState file(const std::string& path, const std::string& text) { return {path, true, text, ""}; }

admission::ManifestState no_file(const std::string& path) { return {path, false, "", ""}; }

// The records as they are after these files, one change after another.
class Records {
 public:
  // What came of it, all parts together.
  admission::Admission admit(const std::vector<admission::ManifestState>& files, bool complete = false,
                             std::size_t at_once = 1000) {
    std::vector<admission::Manifest> manifests;
    for (const auto& one : files) manifests.push_back(admission::understood(one));
    admission::Files judged{std::move(manifests), complete};
    admission::Admission all;
    while (auto part = judged.next(known, now, {}, at_once)) {
      take(*part);
      std::ranges::move(part->changed, std::back_inserter(all.changed));
      std::ranges::move(part->events, std::back_inserter(all.events));
      std::ranges::move(part->problems, std::back_inserter(all.problems));
    }
    return all;
  }
  admission::Admission judge_again() { return admit({}); }
  void take(const admission::Admission& admission) {
    for (const auto& record : admission.changed) known.put(std::make_shared<const records::ApplicationRecord>(record));
    known.take(admission.refusals);
  }
  Result<void> apply(const spec::Application& application) {
    const auto admission = admission::admit_request(known, application, "ann", now);
    if (!admission) return admission.error();
    take(*admission);
    return Result<void>{};
  }
  [[nodiscard]] bool has(const std::string& name) const { return known.find(name) != nullptr; }
  const records::ApplicationRecord& operator[](const std::string& name) const { return *known.find(name); }
  admission::Register known;
};

TEST(Admission, ASavedFileBecomesTheSpecInForce) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  ASSERT_TRUE(records.has("shop"));
  EXPECT_EQ(records["shop"].generation, 1);
  EXPECT_EQ(records["shop"].file, "/m/shop.yaml");
  records.admit({file("/m/shop.yaml", manifest("shop", "2"))});
  EXPECT_EQ(records["shop"].generation, 2);
  EXPECT_EQ(records["shop"].application.spec.version, "2");
}

TEST(Admission, SavingTheSameAgainChangesNothing) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  const auto again = records.admit({file("/m/shop.yaml", manifest("shop", "1") + "\n# a comment\n")});
  EXPECT_THAT(again.changed, IsEmpty());
  EXPECT_THAT(again.events, IsEmpty());
}

TEST(Admission, AFileThatIsNoManifestShowsNothingOfItselfToWhoeverReadsEvents) {
  Records records;
  for (const std::string text :
       {"root:$y$j9T$hunter2:19000:::::\n", "hunter2: 1\nhunter2: !hunter2 2\n", "kind: hunter2\n"}) {
    const auto refused = records.admit({file("/m/x.yaml", text)});
    ASSERT_THAT(refused.events, SizeIs(1));
    EXPECT_THAT(refused.events[0].message,
                testing::AllOf(HasSubstr("/m/x.yaml:1:1: "), testing::Not(HasSubstr("hunter2"))));
    ASSERT_THAT(refused.problems, SizeIs(1));
    EXPECT_THAT(refused.problems[0], testing::Not(HasSubstr("hunter2")));
  }
}

TEST(Admission, ABrokenFileLeavesTheLastGoodSpecInForceAndSaysWhere) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  const auto broken = records.admit({file("/m/shop.yaml", "apiVersion: teal/v1\nkind: Application\nmetadata: [")});
  const auto& record = records["shop"];
  EXPECT_EQ(record.application.spec.version, "1");
  EXPECT_EQ(record.generation, 1);
  EXPECT_THAT(record.problem, HasSubstr("/m/shop.yaml:3:"));
  ASSERT_THAT(broken.events, SizeIs(1));
  EXPECT_EQ(broken.events.front().reason, spec::Reason::ManifestRefused);
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  EXPECT_EQ(records["shop"].problem, "");
}

TEST(Admission, ABrokenFileThatWasNeverGoodIsReportedWithoutAnApplication) {
  Records records;
  const auto broken = records.admit({file("/m/new.yaml", "")});
  EXPECT_FALSE(records.has("shop"));
  ASSERT_THAT(broken.events, SizeIs(1));
  EXPECT_TRUE(broken.events.front().warning);
  EXPECT_THAT(broken.problems, SizeIs(1));
}

TEST(Admission, AnUnreadableFileIsReportedLikeABrokenOne) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  records.admit({{"/m/shop.yaml", true, "", "permission denied"}});
  EXPECT_THAT(records["shop"].problem, HasSubstr("permission denied"));
}

TEST(Admission, ARemovedFileOrphansItsApplicationAndNothingMore) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  records.admit({{"/m/shop.yaml", false, "", ""}});
  EXPECT_TRUE(records["shop"].orphaned);
  EXPECT_FALSE(records["shop"].deleting);
  EXPECT_EQ(records["shop"].generation, 1);
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  EXPECT_FALSE(records["shop"].orphaned);
}

TEST(Admission, AFileThatIsMissingAtStartOrphansItsApplication) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  records.admit({file("/m/blog.yaml", manifest("blog", "1"))}, true);
  EXPECT_TRUE(records["shop"].orphaned);
  EXPECT_FALSE(records["blog"].orphaned);
}

TEST(Admission, ARenamedFileKeepsItsApplication) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  records.admit({file("/m/b.yaml", manifest("shop", "1")), {"/m/a.yaml", false, "", ""}});
  EXPECT_FALSE(records["shop"].orphaned);
  EXPECT_EQ(records["shop"].file, "/m/b.yaml");
  EXPECT_EQ(records["shop"].generation, 1);
}

TEST(Admission, ASecondFileCannotTakeAnApplication) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  const auto second = records.admit({file("/m/b.yaml", manifest("shop", "2"))});
  EXPECT_EQ(records["shop"].application.spec.version, "1");
  ASSERT_THAT(second.problems, SizeIs(1));
  EXPECT_THAT(second.problems.front(), HasSubstr("owned by /m/a.yaml already"));
}

TEST(Admission, AFileThatNamesAnotherApplicationOrphansTheOneBefore) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  records.admit({file("/m/a.yaml", manifest("store", "1"))});
  EXPECT_TRUE(records["shop"].orphaned);
  EXPECT_FALSE(records["store"].orphaned);
}

// --- what was refused is judged again

std::vector<std::string> reasons(const admission::Admission& admission, const std::string& application) {
  std::vector<std::string> all;
  for (const auto& event : admission.events) {
    if (event.application == application) all.emplace_back(to_string(event.reason));
  }
  return all;
}

std::string behind(const std::string& name, const std::string& backend) {
  auto text = manifest(name, "1");
  text.replace(text.find("{name: api}"), 11,
               fmt::format("{{name: api, port: 80, loadBalancer: {{name: edge, backend: {}}}}}", backend));
  return text;
}

TEST(Admission, AFileThatWasCopiedFirstTakesOverOnceTheOneBeforeIsGone) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  const auto copied = records.admit({file("/m/b.yaml", manifest("shop", "2"))});
  EXPECT_THAT(copied.problems, ElementsAre(HasSubstr("this file is in force once that one is gone")));
  const auto removed = records.admit({no_file("/m/a.yaml")});
  EXPECT_EQ(records["shop"].file, "/m/b.yaml");
  EXPECT_EQ(records["shop"].application.spec.version, "2");
  EXPECT_FALSE(records["shop"].orphaned);
  EXPECT_THAT(reasons(removed, "shop"), ElementsAre("Updated"));
  EXPECT_THAT(reasons(removed, ""), ElementsAre("Accepted"));
}

TEST(Admission, OfSeveralThatWaitOneTakesOverAndTheOthersWaitForThatOne) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  records.admit({file("/m/c.yaml", manifest("shop", "3"))});
  records.admit({file("/m/b.yaml", manifest("shop", "2"))});
  records.admit({no_file("/m/a.yaml")});
  EXPECT_EQ(records["shop"].file, "/m/b.yaml");
  records.admit({no_file("/m/b.yaml")});
  EXPECT_EQ(records["shop"].file, "/m/c.yaml");
  EXPECT_EQ(records["shop"].application.spec.version, "3");
}

TEST(Admission, ARefusedFileThatIsRemovedWaitsForNothingAndSaysSo) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  records.admit({file("/m/b.yaml", manifest("shop", "2"))});
  EXPECT_THAT(reasons(records.admit({no_file("/m/b.yaml")}), ""), ElementsAre("ManifestRemoved"));
  records.admit({no_file("/m/a.yaml")});
  EXPECT_TRUE(records["shop"].orphaned);
  EXPECT_EQ(records["shop"].application.spec.version, "1");
}

TEST(Admission, ARefusedFileThatNowSaysSomethingElseIsJudgedAsItIs) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  records.admit({file("/m/b.yaml", manifest("shop", "2"))});
  records.admit({file("/m/b.yaml", manifest("blog", "1"))});
  records.admit({no_file("/m/a.yaml")});
  EXPECT_TRUE(records["shop"].orphaned);
  EXPECT_EQ(records["blog"].file, "/m/b.yaml");
}

TEST(Admission, TwoFilesThatSwapTheirApplicationsBothComeThrough) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1")), file("/m/b.yaml", manifest("blog", "1"))});
  records.admit({file("/m/a.yaml", manifest("blog", "2"))});
  records.admit({file("/m/b.yaml", manifest("shop", "2"))});
  EXPECT_EQ(records["shop"].file, "/m/b.yaml");
  EXPECT_EQ(records["blog"].file, "/m/a.yaml");
  for (const auto* name : {"shop", "blog"}) {
    EXPECT_EQ(records[name].application.spec.version, "2");
    EXPECT_FALSE(records[name].orphaned);
  }
}

TEST(Admission, AFileWhoseApplicationIsBeingDeletedIsInForceOnceThatIsDone) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  records.admit({no_file("/m/shop.yaml")});
  records.take(*admission::admit_deletion(records.known, "shop", "ann", now));
  records.admit({file("/m/shop.yaml", manifest("shop", "2"))});
  EXPECT_EQ(records["shop"].application.spec.version, "1");
  EXPECT_THAT(records.judge_again().changed, IsEmpty()) << "it is still being deleted";
  records.known.erase("shop");
  records.judge_again();
  ASSERT_TRUE(records.has("shop"));
  EXPECT_EQ(records["shop"].application.spec.version, "2");
  EXPECT_FALSE(records["shop"].deleting);
}

TEST(Admission, AFileIsInForceOnceWhatTheApiHadIsDeleted) {
  Records records;
  records.admit({file("/m/x.yaml", manifest("shop", "1"))});
  const auto shop = records["shop"].application;
  Records other;
  ASSERT_TRUE(other.apply(shop));
  other.admit({file("/m/shop.yaml", manifest("shop", "2"))});
  EXPECT_EQ(other["shop"].file, "");
  other.known.erase("shop");
  other.judge_again();
  ASSERT_TRUE(other.has("shop"));
  EXPECT_EQ(other["shop"].file, "/m/shop.yaml");
}

TEST(Admission, ThePlaceInAListOfThousandsMakesNoDifference) {
  for (const std::size_t at_once : {1U, 2U, 1000U}) {
    Records records;
    records.admit({file("/m/z.yaml", manifest("shop", "1")), file("/m/c.yaml", behind("blog", "main"))});
    // shop's file is renamed so that it comes first, and what blog gives up is taken by one that comes before it.
    records.admit({file("/m/a.yaml", manifest("shop", "2")), file("/m/b.yaml", behind("news", "main")),
                   file("/m/c.yaml", behind("blog", "other"))},
                  true, at_once);
    EXPECT_EQ(records["shop"].file, "/m/a.yaml");
    EXPECT_EQ(records["shop"].application.spec.version, "2");
    EXPECT_FALSE(records["shop"].orphaned);
    EXPECT_TRUE(records.has("news"));
  }
}

TEST(Admission, TheNewestEventIsAGoodOneOnceAllIsWell) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  const auto good = file("/m/shop.yaml", manifest("shop", "1"));
  records.admit({file("/m/shop.yaml", "no: manifest")});
  EXPECT_THAT(reasons(records.admit({good}), "shop"), ElementsAre("Accepted"));
  records.admit({{"/m/shop.yaml", true, "", "permission denied"}});
  EXPECT_THAT(reasons(records.admit({good}), "shop"), ElementsAre("Accepted"));
  records.admit({no_file("/m/shop.yaml")});
  EXPECT_THAT(reasons(records.admit({good}), "shop"), ElementsAre("Accepted"));
  records.admit({no_file("/m/shop.yaml")});
  EXPECT_THAT(reasons(records.admit({file("/m/b.yaml", manifest("shop", "1"))}), "shop"), ElementsAre("Accepted"));
  records.admit({file("/m/new.yaml", "no: manifest")});
  EXPECT_THAT(records.admit({file("/m/new.yaml", "no: manifest")}).events, IsEmpty()) << "it is known";
  EXPECT_THAT(reasons(records.admit({file("/m/new.yaml", manifest("new", "1"))}), ""), ElementsAre("Accepted"));
}

TEST(Admission, ARenameThatIsSeenAtOnceIsNoTrouble) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  const auto moved = records.admit({file("/m/b.yaml", manifest("shop", "2")), no_file("/m/a.yaml")});
  EXPECT_THAT(reasons(moved, "shop"), ElementsAre("Updated"));
  EXPECT_THAT(reasons(moved, ""), IsEmpty());
}

TEST(Admission, ABrokenFileSaysNothingOfAnApplicationThatItHasGivenUp) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  records.admit({file("/m/a.yaml", manifest("store", "1"))});
  records.admit({file("/m/a.yaml", "no: manifest")});
  EXPECT_TRUE(records["shop"].orphaned);
  EXPECT_EQ(records["shop"].problem, "");
  EXPECT_NE(records["store"].problem, "");
}

// --- what belongs to one application alone

TEST(Admission, ABackendBelongsToTheApplicationThatHasIt) {
  Records records;
  records.admit({file("/m/shop.yaml", behind("shop", "shop_api"))});
  const auto second = records.admit({file("/m/blog.yaml", behind("blog", "shop_api"))});
  EXPECT_FALSE(records.has("blog"));
  EXPECT_THAT(second.problems, ElementsAre(HasSubstr("/m/blog.yaml: edge/shop_api belongs to application shop")));
  const auto asked = records.apply(*admission::understood(file("x", behind("blog", "shop_api"))).application);
  ASSERT_FALSE(asked);
  EXPECT_EQ(asked.error().code, ErrorCode::conflict);
  EXPECT_THAT(asked.error().message, HasSubstr("edge/shop_api belongs to application shop"));
}

TEST(Admission, ABackendThatIsGivenUpGoesToTheOneThatWaitsForIt) {
  Records records;
  records.admit({file("/m/shop.yaml", behind("shop", "main"))});
  records.admit({file("/m/blog.yaml", behind("blog", "main"))});
  records.admit({no_file("/m/shop.yaml")});
  EXPECT_FALSE(records.has("blog")) << "an orphan runs on";
  records.admit({file("/m/shop.yaml", behind("shop", "other"))});
  EXPECT_TRUE(records.has("blog"));
}

TEST(Admission, ABackendThatIsGivenUpThroughTheApiIsFreeToo) {
  Records records;
  ASSERT_TRUE(records.apply(*admission::understood(file("x", behind("shop", "main"))).application));
  records.admit({file("/m/blog.yaml", behind("blog", "main"))});
  EXPECT_FALSE(records.has("blog"));
  ASSERT_TRUE(records.apply(*admission::understood(file("x", behind("shop", "other"))).application));
  EXPECT_TRUE(records.has("blog"));
}

TEST(Admission, OfTwoThatShareABackendSinceAReleaseThatLetThemTheOlderKeepsIt) {
  Records records;
  records.admit({file("/m/shop.yaml", behind("shop", "main")), file("/m/blog.yaml", behind("blog", "other"))});
  auto blog = records["blog"];
  blog.application = *admission::understood(file("x", behind("blog", "main"))).application;
  blog.created_at += std::chrono::hours{1};
  records.known.put(std::make_shared<const records::ApplicationRecord>(blog));
  records.admit({file("/m/blog.yaml", behind("blog", "main")), file("/m/shop.yaml", behind("shop", "main"))}, true);
  EXPECT_EQ(records["shop"].problem, "");
  EXPECT_THAT(records["blog"].problem, HasSubstr("edge/main belongs to application shop"));
}

TEST(Admission, AClashOfNamesThatIsResolvedLetsTheOtherIn) {
  Records records;
  auto first = manifest("shop", "1");
  first.replace(first.find("name: api"), 9, "name: b-c");
  records.admit({file("/m/1.yaml", first)});
  auto second = manifest("shop-b", "1");
  second.replace(second.find("name: api"), 9, "name: c");
  records.admit({file("/m/2.yaml", second)});
  ASSERT_FALSE(records.has("shop-b"));
  records.admit({file("/m/1.yaml", manifest("shop", "2"))});
  EXPECT_TRUE(records.has("shop-b"));
}

TEST(Admission, NamesThatWouldBuildTheSameContainersAreRefused) {
  Records records;
  auto first = manifest("shop", "1");
  first.replace(first.find("name: api"), 9, "name: b-c");
  records.admit({file("/m/1.yaml", first)});
  auto second = manifest("shop-b", "1");
  second.replace(second.find("name: api"), 9, "name: c");
  const auto clash = records.admit({file("/m/2.yaml", second)});
  EXPECT_FALSE(records.has("shop-b"));
  ASSERT_THAT(clash.problems, SizeIs(1));
  EXPECT_THAT(clash.problems.front(), HasSubstr("rename one"));
}

TEST(Admission, WhatAFileOwnsTheApiMayNotChange) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  const auto& application = records["shop"].application;
  const auto applied = admission::admit_request(records.known, application, "ann", now);
  ASSERT_FALSE(applied);
  EXPECT_EQ(applied.error().code, ErrorCode::conflict);
  EXPECT_THAT(applied.error().message, HasSubstr("/m/shop.yaml"));
  const auto deleted = admission::admit_deletion(records.known, "shop", "ann", now);
  ASSERT_FALSE(deleted);
  EXPECT_EQ(deleted.error().code, ErrorCode::conflict);
  EXPECT_THAT(deleted.error().message, HasSubstr("/m/shop.yaml"));
}

TEST(Admission, AnOrphanMayBeDeletedOnceAndItsFileWaits) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  records.admit({{"/m/shop.yaml", false, "", ""}});
  const auto deleted = admission::admit_deletion(records.known, "shop", "ann", now);
  ASSERT_TRUE(deleted);
  records.take(*deleted);
  EXPECT_TRUE(records["shop"].deleting);
  EXPECT_THAT(admission::admit_deletion(records.known, "shop", "ann", now)->changed, IsEmpty());
  const auto back = records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  EXPECT_TRUE(records["shop"].deleting);
  EXPECT_THAT(back.problems, SizeIs(1));
}

TEST(Admission, DeletingWhatIsNotThereIsNotFound) {
  EXPECT_EQ(admission::admit_deletion({}, "shop", "ann", now).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace teal::test
