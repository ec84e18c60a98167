// The monitor of the audit: that it sees what is missing and what is too much, and takes nothing else for it.
#include <gtest/gtest.h>

#include "tests/simulation/monitors/monitors.hpp"
#include "tests/simulation/timeline.hpp"

namespace teal::simulation {
namespace {

class Audited : public testing::Test {
 protected:
  Audited() {
    Models models;
    models.clock = &timeline_;
    monitors_ = std::make_unique<Monitors>(std::move(models));
    record_.application.name = "shop";
  }

  [[nodiscard]] bool is_broken() const { return !monitors_->violations().empty(); }

  static std::vector<records::AuditEntry> entries(std::int64_t before, std::int64_t after) {
    records::AuditEntry entry;
    entry.by.name = "ann";
    entry.generation_before = before;
    entry.generation_after = after;
    return {entry};
  }

  Timeline timeline_;
  std::unique_ptr<Monitors> monitors_;
  records::ApplicationRecord record_;
};

TEST_F(Audited, WhatWasGrantedAndIsNotOnRecordBreaksO6) {
  monitors_->asked("ann");
  monitors_->audited(entries(1, 1));
  monitors_->answered("ann", {});
  EXPECT_FALSE(is_broken());
  monitors_->asked("ann");
  monitors_->answered("ann", {});
  EXPECT_TRUE(is_broken());
}

TEST_F(Audited, WhatIsOnRecordAndWasRefusedBreaksO6) {
  monitors_->asked("ann");
  monitors_->audited(entries(1, 1));
  monitors_->answered("ann", Error{ErrorCode::timed_out, "no answer"});
  EXPECT_FALSE(is_broken()) << "it may have happened";
  monitors_->asked("ann");
  monitors_->answered("ann", Error{ErrorCode::conflict, "not now"});
  EXPECT_FALSE(is_broken());
  monitors_->asked("ann");
  monitors_->audited(entries(1, 1));
  monitors_->answered("ann", Error{ErrorCode::conflict, "not now"});
  EXPECT_TRUE(is_broken());
}

TEST_F(Audited, WhatNobodyAskedForBreaksO6) {
  monitors_->audited(entries(1, 1));
  EXPECT_TRUE(is_broken());
}

TEST_F(Audited, ASpecThatChangesHasItsEntryAndOneThatStaysHasNone) {
  monitors_->audited(nullptr, record_, entries(0, 1));
  auto other = record_;
  other.problem = "line 3";
  other.generation = 2;  // its secrets have changed
  monitors_->audited(&record_, other, {});
  auto deleted = other;
  deleted.deleting = true;
  monitors_->audited(&other, deleted, entries(2, 0));
  EXPECT_FALSE(is_broken());
  monitors_->audited(&record_, other, entries(1, 2));
  EXPECT_EQ(monitors_->violations().size(), 1u);
}

TEST_F(Audited, ASpecThatChangesWithoutItBreaksO6) {
  auto other = record_;
  other.application.spec.version = "2";
  monitors_->audited(&record_, other, {});
  EXPECT_TRUE(is_broken());
}

TEST_F(Audited, AnotherGenerationThanTheRecordsBreaksO6) {
  auto other = record_;
  other.application.spec.version = "2";
  other.generation = 2;
  monitors_->audited(&record_, other, entries(1, 1));
  EXPECT_TRUE(is_broken());
}

}  // namespace
}  // namespace teal::simulation
