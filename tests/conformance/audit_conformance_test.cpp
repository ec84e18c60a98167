// What every store promises of the audit: in order, with the change or not at all, and only ever longer.
#include "tests/conformance/store_rig.hpp"

namespace teal::test {
namespace {

class AuditContract : public StoreContract {
 protected:
  std::vector<std::string> actions(const ports::AuditQuery& query = {}) {
    auto found = wait(store().audit(query));
    EXPECT_TRUE(found) << found.error().message;
    std::vector<std::string> all;
    for (const auto& entry : *found) all.push_back(entry.action);
    return all;
  }

  void append(std::vector<records::AuditEntry> entries) {
    EXPECT_TRUE(wait(store().append(ports::CommitEntries{std::vector<records::Event>{}, std::move(entries)})));
  }
};

using Actions = std::vector<std::string>;

records::AuditEntry entry(const std::string& name, const std::string& action, Duration after = 0ms) {
  records::AuditEntry made;
  made.time = Time{1700000000000ms} + after;
  made.by.name = "ann";
  made.application = name;
  made.action = action;
  return made;
}

ports::CommitEntries asked_for(records::AuditEntry made) { return {std::vector<records::Event>{}, {std::move(made)}}; }

TEST_P(AuditContract, ComesBackAsItWasWritten) {
  records::AuditEntry made;
  made.time = Time{1700000000123ms};
  made.by = {"ann"};
  made.by.proof = "token";
  made.by.from = "10.1.2.3:40122";
  made.by.method = "POST";
  made.by.path = "/apis/teal/v1/applications/shop/retry";
  made.by.reason = "quote ' \" ünïcödé 日本 '); DROP TABLE audit; --";
  made.application = "shop";
  made.action = "retry";
  made.generation_before = 3;
  made.generation_after = 4;
  made.patch = R"([{"op":"replace","path":"/spec/version","value":"2"}])";
  auto denied = made;
  denied.outcome = records::AuditOutcome::Denied;
  denied.status = 403;
  denied.count = 37;
  append({made, denied});
  const auto found = *wait(store().audit({}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_LT(found[0].sequence, found[1].sequence);
  made.sequence = found[0].sequence;
  denied.sequence = found[1].sequence;
  EXPECT_EQ(found[0], made);
  EXPECT_EQ(found[1], denied);
}

TEST_P(AuditContract, IsWrittenWithTheChangeOrNotAtAll) {
  ASSERT_TRUE(wait(store().put(asked("shop"), asked_for(entry("shop", "create")))));
  auto record = rollout("shop", 1);
  record.version = *wait(store().commit(record, {}));
  ASSERT_TRUE(wait(store().commit(record, asked_for(entry("shop", "pause")))));
  EXPECT_EQ(wait(store().commit(record, asked_for(entry("shop", "never")))).error().code, ErrorCode::conflict);
  ASSERT_TRUE(wait(store().erase("shop", asked_for(entry("shop", "gone")))));
  EXPECT_EQ(actions(), (Actions{"create", "pause", "gone"})) << "and it outlives its application";
}

TEST_P(AuditContract, IsFoundByApplicationAndTime) {
  append({entry("shop", "a"), entry("blog", "b", 1s), entry("shop", "c", 2s), entry("", "d", 3s)});
  ports::AuditQuery of_shop;
  of_shop.application = "shop";
  EXPECT_EQ(actions(of_shop), (Actions{"a", "c"}));
  ports::AuditQuery late;
  late.since = Time{1700000000000ms} + 2s;
  EXPECT_EQ(actions(late), (Actions{"c", "d"}));
  late.application = "shop";
  EXPECT_EQ(actions(late), Actions{"c"});
  late.application = "nobody";
  EXPECT_EQ(actions(late), Actions{});
}

TEST_P(AuditContract, IsFoundByPatternsOfApplicationsHoweverMuchOthersHave) {
  append({entry("shop-eu", "a"), entry("blog", "b"), entry("", "c"), entry("news", "d"), entry("shop", "e"),
          entry("", "f")});
  ports::AuditQuery query;
  query.fitting = {"shop*", "new"};
  query.limit = 2;
  EXPECT_EQ(actions(query), (Actions{"a", "e"}));
  query.fitting = {"*"};
  EXPECT_EQ(actions(query), (Actions{"d", "e"})) << "what concerns no application is not theirs";
}

TEST_P(AuditContract, GivesTheNewestOrGoesOnFromWhereSomebodyHasRead) {
  append({entry("shop", "a"), entry("blog", "b"), entry("shop", "c"), entry("shop", "d"), entry("shop", "e")});
  ports::AuditQuery query;
  query.limit = 2;
  EXPECT_EQ(actions(query), (Actions{"d", "e"}));
  query.after = wait(store().audit({}))->front().sequence;
  EXPECT_EQ(actions(query), (Actions{"b", "c"}));
  query.application = "shop";
  EXPECT_EQ(actions(query), (Actions{"c", "d"}));
  query.after = wait(store().audit({}))->back().sequence;
  EXPECT_EQ(actions(query), Actions{});
}

TEST_P(AuditContract, IsPrunedFromTheOldEndOnly) {
  append({entry("shop", "a"), entry("shop", "b", 1s), entry("shop", "c", 3s), entry("shop", "d", 2s)});
  const auto at = Time{1700000000000ms};
  EXPECT_EQ(*wait(store().prune_audit(at)), 0u);
  EXPECT_EQ(*wait(store().prune_audit(at + 2500ms)), 2u);
  EXPECT_EQ(actions(), (Actions{"c", "d"})) << "one that is older than the one before it waits for that";
  EXPECT_EQ(*wait(store().prune_audit(at + 4s)), 2u);
  EXPECT_EQ(actions(), Actions{});
  const auto before = *wait(store().prune_audit(at + 4s));
  EXPECT_EQ(before, 0u);
  append({entry("shop", "e")});
  EXPECT_EQ(wait(store().audit({}))->front().sequence, 5) << "a sequence was used twice";
}

INSTANTIATE_TEST_SUITE_P(Fake, AuditContract, ::testing::Values(Kind::Fake));
INSTANTIATE_TEST_SUITE_P(Sqlite, AuditContract, ::testing::Values(Kind::Sqlite));

}  // namespace
}  // namespace teal::test
