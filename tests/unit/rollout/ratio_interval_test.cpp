#include "rollout/ratio_interval.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/rollout/simulation.hpp"

namespace sluice::rollout {
namespace {

using simulation::Arms;
using simulation::bound;

void observe(RatioInterval& interval, double share, std::uint64_t guarded, std::uint64_t baseline) {
  const SplitCounts counts{share, guarded, baseline};
  interval.observe({&counts, 1});
}

TEST(RatioInterval, KnowsNothingBeforeTheFirstEvent) {
  RatioInterval interval(0.05);
  interval.observe({});
  observe(interval, 1, 5, 5);
  EXPECT_EQ(interval.bounds(), RatioBounds());
}

double log_likelihood(double ratio, const SplitCounts& counts) {
  return static_cast<double>(counts.guarded) * std::log(ratio) -
         static_cast<double>(counts.total()) * std::log(ratio * counts.share + 1 - counts.share);
}

// The ends of the set itself, found by walking over all ratios in steps of 0.1 %.
RatioBounds by_the_letter(const SplitCounts& counts, double level) {
  double sum = 0;
  for (const double one : ratio_grid()) sum += std::exp(log_likelihood(one, counts));
  const double limit = std::log(sum / kRatioCount) + std::log(level);
  RatioBounds bounds{1e9, 0};
  for (double x = -12; x < 12; x += 0.001) {
    const double ratio = std::exp(x);
    if (log_likelihood(ratio, counts) < limit) continue;
    bounds.low = std::min(bounds.low, ratio);
    bounds.high = std::max(bounds.high, ratio);
  }
  return bounds;
}

TEST(RatioInterval, IsNeverNarrowerThanTheSetAndHardlyWider) {
  const SplitCounts rows[] = {{0.05, 7, 1},  {0.5, 10, 10}, {0.5, 100, 100}, {0.05, 30, 70},
                              {0.25, 1, 40}, {0.5, 3, 2},   {0.01, 1, 99},   {0.5, 150, 10}};
  for (const SplitCounts& row : rows) {
    RatioInterval interval(0.05);
    interval.observe({&row, 1});
    const RatioBounds letter = by_the_letter(row, 0.05);
    const RatioBounds bounds = interval.bounds();
    EXPECT_LE(bounds.low, letter.low * 1.002) << row.guarded << " of " << row.total();
    EXPECT_GE(bounds.high, letter.high * 0.998) << row.guarded << " of " << row.total();
    if (letter.low > 0.07) {
      EXPECT_GT(bounds.low, letter.low / 1.25) << row.guarded;
    }
    if (letter.high < 16) {
      EXPECT_LT(bounds.high, letter.high * 1.25) << row.guarded;
    }
  }
}

TEST(RatioInterval, NarrowsAndHoldsTheRatio) {
  RatioInterval interval(0.05);
  double width = 1e9;
  for (const std::uint64_t n : {100U, 1'000U, 10'000U, 100'000U}) {
    observe(interval, 0.5, 2 * n, n);
    const RatioBounds bounds = interval.bounds();
    EXPECT_LE(bounds.low, 2);
    EXPECT_GE(bounds.high, 2);
    EXPECT_LT(bounds.high / bounds.low, width);
    width = bounds.high / bounds.low;
  }
  EXPECT_LT(width, 1.5);
  EXPECT_FALSE(interval.moved());
}

TEST(RatioInterval, SaysWhenTheRatioHasMovedAndShowsWhereItIsNow) {
  RatioInterval interval(0.05);
  for (int i = 0; i < 20; ++i) observe(interval, 0.5, 100, 100);
  for (int i = 0; i < 100; ++i) observe(interval, 0.5, 300, 10);
  EXPECT_TRUE(interval.moved());
  EXPECT_LT(interval.bounds().low, interval.bounds().high);
  EXPECT_GT(interval.bounds().low, 2);
}

// How often the intersection over all looks loses the true ratio.
double misses(double share, double psi, double level, int runs, std::uint64_t seed) {
  Xoshiro256 random(seed);
  const Arms arms(200, share, 0.05 * psi, 0.05);
  int missed = 0;
  for (int run = 0; run < runs; ++run) {
    RatioInterval interval(level);
    for (int tick = 0; tick < 600; ++tick) {
      const SplitCounts bad = arms.bad(random);
      interval.observe({&bad, 1});
    }
    const RatioBounds bounds = interval.bounds();
    if (interval.moved() || bounds.low > psi || bounds.high < psi) ++missed;
  }
  return static_cast<double>(missed) / runs;
}

TEST(RatioInterval, HoldsTheRatioOverAllLooksWithItsProbability) {
  constexpr int kRuns = 150;
  EXPECT_LE(misses(0.5, 1, 0.2, kRuns, 1), bound(0.2, kRuns));
  EXPECT_LE(misses(0.05, 1.1, 0.2, kRuns, 2), bound(0.2, kRuns)) << "between two grid points";
  EXPECT_LE(misses(0.25, 5, 0.2, kRuns, 3), bound(0.2, kRuns));
}

}  // namespace
}  // namespace sluice::rollout
