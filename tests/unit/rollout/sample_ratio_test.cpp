#include "rollout/sample_ratio.hpp"

#include <gtest/gtest.h>

#include "tests/unit/rollout/simulation.hpp"

namespace sluice::rollout {
namespace {

using simulation::Arms;
using simulation::bound;
using simulation::quantile;

// Placements of 1000 requests a second with another share than the one that is claimed.
double seconds_until_mismatch(double claimed, double real, Xoshiro256& random, double seconds_max) {
  SampleRatio test;
  const Arms arms(1000, real, 1, 1);
  for (int tick = 1; tick <= seconds_max * 10; ++tick) {
    SplitCounts placed = arms.bad(random);
    placed.share = claimed;
    test.observe({&placed, 1});
    if (test.mismatch()) return tick / 10.0;
  }
  return seconds_max + 1;
}

TEST(SampleRatio, IsSilentWhilePlacementIsAsItShould) {
  constexpr int kRuns = 200;
  Xoshiro256 random(1);
  int found = 0;
  for (const double share : {0.05, 0.5}) {
    for (int run = 0; run < kRuns; ++run)
      found += seconds_until_mismatch(share, share, random, 60) <= 60 ? 1 : 0;
  }
  EXPECT_LE(found, bound(kSampleRatioAlpha, 2 * kRuns) * 2 * kRuns);
}

TEST(SampleRatio, FindsTooManyAndTooFew) {
  struct Row {
    double claimed, real, seconds;
  };
  const Row rows[] = {{0.5, 0.55, 4},   {0.5, 0.45, 4},  {0.05, 0.10, 1},
                      {0.05, 0.025, 2}, {0.5, 0.51, 90}, {0.05, 0.0, 1}};
  Xoshiro256 random(2);
  for (const Row& row : rows) {
    std::vector<double> times;
    for (int run = 0; run < 15; ++run)
      times.push_back(seconds_until_mismatch(row.claimed, row.real, random, 200));
    EXPECT_LE(quantile(times, 0.5), row.seconds) << row.real << " instead of " << row.claimed;
  }
}

TEST(SampleRatio, NoPlacementsSayNothing) {
  SampleRatio test;
  for (int tick = 0; tick < 100; ++tick) test.observe({});
  EXPECT_EQ(test.log_evidence(), 0);
}

}  // namespace
}  // namespace sluice::rollout
