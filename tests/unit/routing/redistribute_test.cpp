// Who takes the share of upstreams that are down, and how much of it.
#include "routing/redistribute.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice::routing {
namespace {

using Owners = std::vector<WeightedOwner>;

double share_of(const Owners& owners, std::uint32_t owner) {
  double total = 0;
  double own = 0;
  for (const WeightedOwner& it : owners) {
    total += it.weight;
    if (it.owner == owner) own += it.weight;
  }
  return total == 0 ? 0 : own / total;
}

TEST(Redistribute, KeepsTheWeightsOfThoseThatAreLeft) {
  const std::vector<SplitShare> shares{{0, 50, false, 0}, {1, 40, true, 20}, {2, 10, true, 20}};
  const Redistribution out = redistribute(shares);
  EXPECT_EQ(out.all, (Owners{{1, 40}, {2, 10}}));
  EXPECT_EQ(out.orphans, out.all);
}

TEST(Redistribute, NoBoundCountsWhileAllAreThere) {
  const std::vector<SplitShare> shares{{0, 99, true, 1}, {1, 1, true, 1}};
  EXPECT_EQ(redistribute(shares).all, (Owners{{0, 99}, {1, 1}}));
}

TEST(Redistribute, NobodyTakesMoreThanItsBound) {
  // Blue is down: each of the others would get half.
  const std::vector<SplitShare> shares{{0, 98, false, 0}, {1, 1, true, 20}, {2, 1, true, 20}};
  const Redistribution out = redistribute(shares);
  EXPECT_NEAR(share_of(out.all, 1), 0.2, 1e-6);
  EXPECT_NEAR(share_of(out.all, 2), 0.2, 1e-6);
  EXPECT_NEAR(share_of(out.all, kNobody), 0.6, 1e-6);
  // Of blue's own sessions, so that with those they have they come to the same.
  EXPECT_NEAR(share_of(out.orphans, 1), 0.19 / 0.98, 1e-6);
  EXPECT_NEAR(share_of(out.orphans, kNobody), 0.6 / 0.98, 1e-6);
}

TEST(Redistribute, WhatOneMayNotTakeAnotherDoes) {
  const std::vector<SplitShare> shares{{0, 90, false, 0}, {1, 5, true, 0}, {2, 5, true, 2}};
  const Redistribution out = redistribute(shares);
  EXPECT_NEAR(share_of(out.all, 2), 0.1, 1e-6);
  EXPECT_NEAR(share_of(out.all, 1), 0.9, 1e-6);
  EXPECT_EQ(share_of(out.all, kNobody), 0);
}

TEST(Redistribute, WithNobodyLeftThereIsNothingToDraw) {
  EXPECT_TRUE(
      redistribute(std::vector<SplitShare>{{0, 9, false, 0}, {1, 1, false, 3}}).all.empty());
  EXPECT_TRUE(redistribute(std::vector<SplitShare>{{0, 9, false, 0}, {1, 0, true, 3}}).all.empty());
}

// Any split: the shares sum to the whole, nobody is over its bound, and nobody's part is left over
// only when all others are at theirs.
TEST(Redistribute, HoldsItsBoundsForAnySplit) {
  Xoshiro256 random(7);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<SplitShare> shares;
    double total = 0;
    for (std::uint32_t i = 0; i < 1 + random.below(6); ++i) {
      shares.push_back({i, static_cast<std::uint32_t>(random.below(1'000)), random.below(2) == 0,
                        static_cast<std::uint32_t>(random.below(5))});
      total += shares.back().weight;
    }
    const Redistribution out = redistribute(shares);
    if (out.all.empty()) continue;
    bool room = false;
    for (const SplitShare& it : shares) {
      const double share = share_of(out.all, it.owner);
      EXPECT_TRUE(it.available || share == 0) << round;
      const double bound = it.factor_max == 0 ? HUGE_VAL : it.factor_max * it.weight / total;
      EXPECT_LE(share, bound + 1e-6) << round;
      room |= it.available && it.weight > 0 && share < bound - 1e-6;
    }
    EXPECT_FALSE(room && share_of(out.all, kNobody) > 1e-6) << round;
  }
}

}  // namespace
}  // namespace sluice::routing
