#include "rollout/safe_to_advance.hpp"

#include <gtest/gtest.h>

#include "tests/unit/rollout/simulation.hpp"

namespace sluice::rollout {
namespace {

using simulation::Arms;
using simulation::bound;

// Ticks of 1000 requests a second until it is certified; `ticks_max` if it is not.
int ticks_until_safe(SafeToAdvance safety, const Arms& arms, Xoshiro256& random, int ticks_max) {
  for (int tick = 1; tick < ticks_max; ++tick) {
    const SplitCounts bad = arms.bad(random);
    const SplitCounts good = arms.good(random);
    safety.observe({&bad, 1}, {bad.guarded, bad.guarded + good.guarded});
    if (safety.certified(0.05)) return tick;
  }
  return ticks_max;
}

TEST(SafeToAdvance, CertifiesAnEqualByItsRatio) {
  Xoshiro256 random(1);
  const Arms equal(1000, 0.25, 0.02, 0.02);
  for (int run = 0; run < 20; ++run)
    EXPECT_LT(ticks_until_safe(SafeToAdvance(2, {}), equal, random, 3000), 3000);
}

TEST(SafeToAdvance, WithoutErrorsOnlyAFloorCertifies) {
  Xoshiro256 random(2);
  const Arms flawless(1000, 0.25, 0, 0);
  EXPECT_EQ(ticks_until_safe(SafeToAdvance(2, {}), flawless, random, 3000), 3000);
  const int ticks = ticks_until_safe(SafeToAdvance(2, 0.001), flawless, random, 3000);
  EXPECT_NEAR(ticks, 4.2 / 0.001 / 25, 15) << "25 requests a tick";
}

TEST(SafeToAdvance, AWorseOneAboveTheFloorIsCertifiedNoOftenerThanBeta) {
  constexpr int kRuns = 300;
  Xoshiro256 random(3);
  const Arms twice(1000, 0.25, 0.02, 0.01);
  int certified = 0;
  for (int run = 0; run < kRuns; ++run)
    certified += ticks_until_safe(SafeToAdvance(2, 0.02), twice, random, 1000) < 1000 ? 1 : 0;
  EXPECT_LE(certified, bound(0.05, kRuns) * kRuns);
}

TEST(SafeToAdvance, NoTrafficIsNotSafe) {
  SafeToAdvance safety(2, 0.001);
  for (int tick = 0; tick < 1000; ++tick) safety.observe({}, {});
  EXPECT_FALSE(safety.certified(0.05));
  EXPECT_NEAR(safety.log_evidence(), 0, 1e-12);
}

}  // namespace
}  // namespace sluice::rollout
