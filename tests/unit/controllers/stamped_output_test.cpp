// Logs with times: a secret that takes several lines is found in what was written, and its lines have no time then.
#include <gtest/gtest.h>

#include "controllers/reconcile/output_to_keep.hpp"
#include "controllers/records/kept_log.hpp"

namespace teal::test {
namespace {

std::string stamped(const ports::Output& output, std::size_t most, const std::vector<const masking::Mask*>& masks) {
  return records::with_times(reconcile::stamped_output(output, most, masks));
}

ports::Output written() {
  return {"begin\nkey=first-half\nsecond-half\nend\n", {{0, "T1"}, {6, "T2"}, {21, "T3"}, {33, "T4"}}};
}

TEST(StampedOutput, EachLineHasItsTime) {
  EXPECT_EQ(stamped(written(), 1000, {}), "T1 begin\nT2 key=first-half\nT3 second-half\nT4 end\n");
}

TEST(StampedOutput, ASecretThatSpansLinesIsMaskedAllTheSame) {
  const masking::Mask mask{{masking::Secret{"first-half\nsecond-half"}}};
  const auto text = stamped(written(), 1000, {&mask});
  EXPECT_EQ(text.find("half"), std::string::npos) << text;
  EXPECT_TRUE(text.starts_with("T1 begin\nT2 key=***")) << text;
  EXPECT_TRUE(text.ends_with("\nT4 end\n")) << text;
}

TEST(StampedOutput, OfTheEndOnlyLinesThatBeginInItHaveATime) {
  EXPECT_EQ(stamped(written(), 10, {}), "-half\nT4 end\n");
  EXPECT_EQ(stamped({"no times\n", {}}, 1000, {}), "no times\n");
}

TEST(StampedOutput, PlacesMoveWithWhatIsMaskedBeforeThem) {
  const ports::Output output{"a longish-secret b\nc longish-secret\nd\n", {{0, "T1"}, {19, "T2"}, {36, "T3"}}};
  const masking::Mask mask{{masking::Secret{"longish-secret"}}};
  EXPECT_EQ(stamped(output, 1000, {&mask}), "T1 a *** b\nT2 c ***\nT3 d\n");
}

TEST(StampedOutput, IsShownAsItWasWrittenUnlessTimesAreAskedFor) {
  const auto text = reconcile::stamped_output(written(), 1000, {});
  EXPECT_EQ(records::without_times(text), written().text);
  EXPECT_EQ(records::without_times("2026-11-30T04:00:00Z its own time\n\nx"), "2026-11-30T04:00:00Z its own time\n\nx");
  EXPECT_EQ(records::without_times(""), "");
  EXPECT_EQ(records::with_times("no newline"), "no newline");
}

}  // namespace
}  // namespace teal::test
