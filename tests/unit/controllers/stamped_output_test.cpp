// Logs with times: a secret that takes several lines is found in what was written, and its lines have no time then.
#include <gtest/gtest.h>

#include "controllers/reconcile/output_to_keep.hpp"

namespace teal::test {
namespace {

ports::Output written() {
  return {"begin\nkey=first-half\nsecond-half\nend\n", {{0, "T1"}, {6, "T2"}, {21, "T3"}, {33, "T4"}}};
}

TEST(StampedOutput, EachLineHasItsTime) {
  EXPECT_EQ(reconcile::stamped_output(written(), 1000, {}), "T1 begin\nT2 key=first-half\nT3 second-half\nT4 end\n");
}

TEST(StampedOutput, ASecretThatSpansLinesIsMaskedAllTheSame) {
  const masking::Mask mask{{masking::Secret{"first-half\nsecond-half"}}};
  const auto text = reconcile::stamped_output(written(), 1000, {&mask});
  EXPECT_EQ(text.find("half"), std::string::npos) << text;
  EXPECT_TRUE(text.starts_with("T1 begin\nT2 key=***")) << text;
  EXPECT_TRUE(text.ends_with("\nT4 end\n")) << text;
}

TEST(StampedOutput, OfTheEndOnlyLinesThatBeginInItHaveATime) {
  EXPECT_EQ(reconcile::stamped_output(written(), 10, {}), "-half\nT4 end\n");
  EXPECT_EQ(reconcile::stamped_output({"no times\n", {}}, 1000, {}), "no times\n");
}

TEST(StampedOutput, PlacesMoveWithWhatIsMaskedBeforeThem) {
  const ports::Output output{"a longish-secret b\nc longish-secret\nd\n", {{0, "T1"}, {19, "T2"}, {36, "T3"}}};
  const masking::Mask mask{{masking::Secret{"longish-secret"}}};
  EXPECT_EQ(reconcile::stamped_output(output, 1000, {&mask}), "T1 a *** b\nT2 c ***\nT3 d\n");
}

}  // namespace
}  // namespace teal::test
