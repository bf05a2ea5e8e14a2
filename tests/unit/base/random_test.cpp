#include "base/random.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

static_assert(std::uniform_random_bit_generator<Xoshiro256>);

TEST(Xoshiro256, TheSameSeedGivesTheSameSequence) {
  Xoshiro256 one(42);
  Xoshiro256 two(42);
  Xoshiro256 other(43);
  EXPECT_EQ(one(), two());
  EXPECT_NE(one(), other());
}

// splitmix64(0) seeds xoshiro256** with e220a8397b1dcdaf 6e789e6aa1b965f4 06c45d188009454f
// f88bb8a8724c81ec; the first output is rotl(s1 * 5, 7) * 9.
TEST(Xoshiro256, MatchesTheReference) {
  Xoshiro256 random(0);
  EXPECT_EQ(random(), 0x99ec5f36cb75f2b4U);
}

TEST(Below, BoundOfOneIsAlwaysZero) {
  Xoshiro256 random(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(random.below(1), 0U);
}

TEST(Below, StaysBelowHugeBounds) {
  Xoshiro256 random(1);
  const std::uint64_t bound = (1ULL << 63U) + 1;
  for (int i = 0; i < 1000; ++i) EXPECT_LT(random.below(bound), bound);
}

TEST(Below, IsUniform) {
  Xoshiro256 random(7);
  std::vector<int> counts(10, 0);
  for (int i = 0; i < 100'000; ++i) ++counts[random.below(10)];
  double chi_square = 0;
  for (const int count : counts) chi_square += (count - 1e4) * (count - 1e4) / 1e4;
  EXPECT_LT(chi_square, 27.9);  // 9 degrees of freedom, p = 0.001
}

}  // namespace
}  // namespace sluice
