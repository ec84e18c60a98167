#include <gmock/gmock.h>

#include "tests/simulation/monitors/effects.hpp"

namespace teal::simulation {
namespace {

TEST(Effects, WhatAStoryWithFaultsHasMoreOfNeedsACause) {
  EffectCounts calm;
  calm.replicas_started = calm.first_starts = 3;
  calm.signals = 1;
  auto disturbed = calm;
  disturbed.replicas_started += 2;
  disturbed.after_end = 2;
  disturbed.migrations_started = disturbed.first_attempts = 1;
  EXPECT_THAT(unexplained(calm, 2, disturbed, 2), testing::IsEmpty());
  disturbed.replicas_started += 1;
  disturbed.migrations_started += 1;
  disturbed.signals += 4;
  EXPECT_THAT(
      unexplained(calm, 2, disturbed, 2),
      testing::ElementsAre("6 replicas were started, 3 in the same story without faults, and 2 more are explained",
                           "2 migrations were started, 0 in the same story without faults, and 1 more are explained",
                           "5 signals were sent, 1 in the same story without faults, and 3 more are explained"));
}

}  // namespace
}  // namespace teal::simulation
