// How many entries denials make, whatever strangers do; and that none is forgotten in the counts.
#include "daemon/access/denial_tally.hpp"

#include <gmock/gmock.h>

#include <numeric>

namespace teal::access {
namespace {

using namespace std::chrono_literals;
using testing::SizeIs;

const Time start{1'700'000'000'000ms};

records::Requester from(const std::string& address, const std::string& name = "anonymous") {
  records::Requester by;
  by.name = name;
  by.from = address;
  by.method = "POST";
  by.path = "/apis/teal/v1/applications/shop/retry";
  return by;
}

std::int64_t requests(const std::vector<records::AuditEntry>& entries) {
  return std::accumulate(entries.begin(), entries.end(), std::int64_t{0},
                         [](std::int64_t sum, const records::AuditEntry& entry) { return sum + entry.count; });
}

TEST(DenialTally, GivesTheFirstTenAnEntryEachAndCountsTheRestOfTheMinute) {
  DenialTally tally;
  for (int i = 0; i < 47; ++i) tally.add(from("10.1.2.3:" + std::to_string(40000 + i)), 403, "shop", start);
  const auto at_once = tally.take(start + 1s);
  ASSERT_THAT(at_once, SizeIs(10));
  EXPECT_EQ(at_once.front().by.from, "10.1.2.3:40000");
  EXPECT_EQ(std::tuple(at_once[0].outcome, at_once[0].status, at_once[0].application, at_once[0].count),
            std::tuple(records::AuditOutcome::Denied, 403, "shop", 1));
  EXPECT_TRUE(tally.is_counting());
  EXPECT_THAT(tally.take(start + 59s), SizeIs(0));
  const auto later = tally.take(start + 60s);
  ASSERT_THAT(later, SizeIs(1));
  EXPECT_EQ(std::tuple(later[0].count, later[0].by.name, later[0].by.from, later[0].by.path),
            std::tuple(37, "anonymous", "10.1.2.3", "/apis/teal/v1/applications/shop/retry"));
  EXPECT_FALSE(tally.is_counting());
}

TEST(DenialTally, KeepsSourcesAndNamesApart) {
  DenialTally tally;
  for (int i = 0; i < 11; ++i) {
    tally.add(from("10.1.2.3:1"), 401, "", start);
    tally.add(from("10.1.2.4:1"), 401, "", start);
    tally.add(from("10.1.2.3:1", "ci"), 403, "", start);
    tally.add(from("unix:/run/teal/teal.sock", "bob"), 403, "", start);
  }
  EXPECT_THAT(tally.take(start), SizeIs(40));
  EXPECT_THAT(tally.take(start + 1min), SizeIs(4));
}

// A thousand addresses, two thousand times a minute, for ten hours.
TEST(DenialTally, WritesFiveEntriesAMinuteUnderAFloodWithoutEnd) {
  DenialTally tally;
  std::int64_t asked = 0;
  std::int64_t told = 0;
  std::size_t rows = 0;
  for (int minute = 0; minute < 600; ++minute) {
    for (int i = 0; i < 2000; ++i, ++asked) {
      tally.add(from("10.1." + std::to_string(i % 250) + "." + std::to_string(i % 4) + ":9"), 401, "",
                start + minute * 1min + i * 5ms);
    }
    const auto taken = tally.take(start + minute * 1min + 59s);
    told += requests(taken);
    rows += taken.size();
  }
  told += requests(tally.take_all(start + 600min));
  EXPECT_EQ(told, asked);
  EXPECT_LE(rows, 200U + 600 * 5);
  std::printf("%lld denials in ten hours: %zu entries\n", static_cast<long long>(asked), rows);
}

// By name also after hours, not among the many.
TEST(DenialTally, NamesTheOneWhoFloodsEachMinute) {
  DenialTally tally;
  std::vector<records::AuditEntry> last;
  for (int minute = 0; minute < 120; ++minute) {
    last = tally.take(start + minute * 1min);
    for (int i = 0; i < 1000; ++i) tally.add(from("10.6.6.6:9"), 401, "", start + minute * 1min);
  }
  ASSERT_FALSE(last.empty());
  for (const auto& entry : last) EXPECT_TRUE(entry.by.from.starts_with("10.6.6.6")) << entry.by.from;
  EXPECT_GT(last.back().count, 990);
}

TEST(DenialTally, GrowsNoLargerWhileTheStoreIsAwayAndForgetsNoCount) {
  DenialTally tally;
  std::int64_t asked = 0;
  for (int minute = 0; minute < 500; ++minute) {
    for (int i = 0; i < 100; ++i, ++asked)
      tally.add(from("10.1.2." + std::to_string(i) + ":9"), 401, "", start + minute * 1min);
    auto taken = tally.take(start + minute * 1min);
    EXPECT_LE(taken.size(), 300U);
    tally.give_back(std::move(taken));
  }
  auto told = requests(tally.take(start + 500min));
  told += requests(tally.take_all(start + 501min));
  EXPECT_EQ(told, asked);
}

TEST(DenialTally, AClockThatIsSetBackEndsTheMinute) {
  DenialTally tally;
  for (int i = 0; i < 20; ++i) tally.add(from("10.1.2.3:1"), 401, "", start);
  (void)tally.take(start);
  const auto counted = tally.take(start - 1h);
  ASSERT_THAT(counted, SizeIs(1));
  EXPECT_EQ(counted[0].count, 10);
}

}  // namespace
}  // namespace teal::access
