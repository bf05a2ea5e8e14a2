#include "rollout/onset_prior.hpp"

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

double mass_of(std::uint64_t tick) {
  return onset_mass_from(Onset::any_time, tick) - onset_mass_from(Onset::any_time, tick + 1);
}

TEST(OnsetPrior, HalfOfItLiesOnTheFirstTick) {
  EXPECT_DOUBLE_EQ(mass_of(0), 0.5);
}

// Block k of 2^k seconds begins at tick 1 + 10 (2^k - 1).
TEST(OnsetPrior, BlocksHaveTheirFormulaSpreadEvenly) {
  for (std::uint64_t k = 0; k < 20; ++k) {
    const std::uint64_t length = kTicksPerSecond << k;
    const std::uint64_t begin = 1 + length - kTicksPerSecond;
    const double each = 0.5 / static_cast<double>((k + 1) * (k + 2)) / static_cast<double>(length);
    for (const std::uint64_t tick : {begin, begin + length / 2, begin + length - 1})
      EXPECT_NEAR(mass_of(tick) / each, 1, 1e-6) << "block " << k << ", tick " << tick;
  }
}

TEST(OnsetPrior, NeverIncreasesAndAddsUpToOne) {
  double sum = 0;
  for (std::uint64_t tick = 0; tick < 100'000; ++tick) {
    ASSERT_GT(mass_of(tick), 0) << tick;
    sum += mass_of(tick);
  }
  EXPECT_NEAR(sum + onset_mass_from(Onset::any_time, 100'000), 1, 1e-10);
  EXPECT_LT(onset_mass_from(Onset::any_time, 1ULL << 60U), 0.01);
  EXPECT_GE(onset_mass_from(Onset::any_time, ~0ULL), 0);
}

TEST(OnsetPrior, WithoutALaterOnsetAllLiesOnTheFirstTick) {
  EXPECT_EQ(onset_mass_from(Onset::at_start, 0), 1);
  EXPECT_EQ(onset_mass_from(Onset::at_start, 1), 0);
  EXPECT_EQ(onset_mass_from(Onset::at_start, 1'000'000), 0);
}

}  // namespace
}  // namespace sluice::rollout
