// Which spec is in force, and who owns it.
#include "controllers/admission/admission.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace teal::test {
namespace {

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

// The records as they are after these files, one change after another.
class Records {
 public:
  admission::Admission admit(const std::vector<admission::ManifestState>& files, bool complete = false) {
    auto admission = admission::admit_files(known, files, complete, now);
    take(admission);
    return admission;
  }
  void take(const admission::Admission& admission) {
    for (const auto& record : admission.changed) known[record.application.name] = record;
  }
  admission::Applications known;
};

TEST(Admission, ASavedFileBecomesTheSpecInForce) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  ASSERT_TRUE(records.known.contains("shop"));
  EXPECT_EQ(records.known["shop"].generation, 1);
  EXPECT_EQ(records.known["shop"].file, "/m/shop.yaml");
  records.admit({file("/m/shop.yaml", manifest("shop", "2"))});
  EXPECT_EQ(records.known["shop"].generation, 2);
  EXPECT_EQ(records.known["shop"].application.spec.version, "2");
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
  const auto& record = records.known["shop"];
  EXPECT_EQ(record.application.spec.version, "1");
  EXPECT_EQ(record.generation, 1);
  EXPECT_THAT(record.problem, HasSubstr("/m/shop.yaml:3:"));
  ASSERT_THAT(broken.events, SizeIs(1));
  EXPECT_EQ(broken.events.front().reason, spec::Reason::ManifestRefused);
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  EXPECT_EQ(records.known["shop"].problem, "");
}

TEST(Admission, ABrokenFileThatWasNeverGoodIsReportedWithoutAnApplication) {
  Records records;
  const auto broken = records.admit({file("/m/new.yaml", "")});
  EXPECT_THAT(records.known, IsEmpty());
  ASSERT_THAT(broken.events, SizeIs(1));
  EXPECT_TRUE(broken.events.front().warning);
  EXPECT_THAT(broken.problems, SizeIs(1));
}

TEST(Admission, AnUnreadableFileIsReportedLikeABrokenOne) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  records.admit({{"/m/shop.yaml", true, "", "permission denied"}});
  EXPECT_THAT(records.known["shop"].problem, HasSubstr("permission denied"));
}

TEST(Admission, ARemovedFileOrphansItsApplicationAndNothingMore) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  records.admit({{"/m/shop.yaml", false, "", ""}});
  EXPECT_TRUE(records.known["shop"].orphaned);
  EXPECT_FALSE(records.known["shop"].deleting);
  EXPECT_EQ(records.known["shop"].generation, 1);
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  EXPECT_FALSE(records.known["shop"].orphaned);
}

TEST(Admission, AFileThatIsMissingAtStartOrphansItsApplication) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  records.admit({file("/m/blog.yaml", manifest("blog", "1"))}, true);
  EXPECT_TRUE(records.known["shop"].orphaned);
  EXPECT_FALSE(records.known["blog"].orphaned);
}

TEST(Admission, ARenamedFileKeepsItsApplication) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  records.admit({file("/m/b.yaml", manifest("shop", "1")), {"/m/a.yaml", false, "", ""}});
  EXPECT_FALSE(records.known["shop"].orphaned);
  EXPECT_EQ(records.known["shop"].file, "/m/b.yaml");
  EXPECT_EQ(records.known["shop"].generation, 1);
}

TEST(Admission, ASecondFileCannotTakeAnApplication) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  const auto second = records.admit({file("/m/b.yaml", manifest("shop", "2"))});
  EXPECT_EQ(records.known["shop"].application.spec.version, "1");
  ASSERT_THAT(second.problems, SizeIs(1));
  EXPECT_THAT(second.problems.front(), HasSubstr("owned by /m/a.yaml already"));
}

TEST(Admission, AFileThatNamesAnotherApplicationOrphansTheOneBefore) {
  Records records;
  records.admit({file("/m/a.yaml", manifest("shop", "1"))});
  records.admit({file("/m/a.yaml", manifest("store", "1"))});
  EXPECT_TRUE(records.known["shop"].orphaned);
  EXPECT_FALSE(records.known["store"].orphaned);
}

TEST(Admission, NamesThatWouldBuildTheSameContainersAreRefused) {
  Records records;
  auto first = manifest("shop", "1");
  first.replace(first.find("name: api"), 9, "name: b-c");
  records.admit({file("/m/1.yaml", first)});
  auto second = manifest("shop-b", "1");
  second.replace(second.find("name: api"), 9, "name: c");
  const auto clash = records.admit({file("/m/2.yaml", second)});
  EXPECT_FALSE(records.known.contains("shop-b"));
  ASSERT_THAT(clash.problems, SizeIs(1));
  EXPECT_THAT(clash.problems.front(), HasSubstr("rename one"));
}

TEST(Admission, WhatAFileOwnsTheApiMayNotChange) {
  Records records;
  records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  const auto& application = records.known["shop"].application;
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
  EXPECT_TRUE(records.known["shop"].deleting);
  EXPECT_THAT(admission::admit_deletion(records.known, "shop", "ann", now)->changed, IsEmpty());
  const auto back = records.admit({file("/m/shop.yaml", manifest("shop", "1"))});
  EXPECT_TRUE(records.known["shop"].deleting);
  EXPECT_THAT(back.problems, SizeIs(1));
}

TEST(Admission, DeletingWhatIsNotThereIsNotFound) {
  EXPECT_EQ(admission::admit_deletion({}, "shop", "ann", now).error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace teal::test
