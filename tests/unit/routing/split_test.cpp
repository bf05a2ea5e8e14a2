#include "routing/split.hpp"

#include <map>

#include <gtest/gtest.h>

#include "base/hash.hpp"

namespace sluice::routing {
namespace {

using Weights = std::vector<WeightedOwner>;
constexpr std::uint32_t kWeightMax = 0xffffffffU;

// ---- by chance ---------------------------------------------------------------------------------

// Not a statistic: every ticket is counted, so the split is exact.
TEST(WeightedDraw, OwnsExactlyItsWeightOfTheTickets) {
  const Weights cases[] = {
      {{0, 80}, {1, 20}},       {{0, 9995}, {1, 5}}, {{0, 1}, {1, 1}, {2, 1}},
      {{0, 0}, {1, 7}, {2, 0}}, {{0, 1}, {1, 99}},   {{3, 90}, {4, 0}, {5, 10}},
  };
  for (const auto& weights : cases) {
    const WeightedDraw draw(weights);
    std::map<std::uint32_t, std::uint32_t> tickets;
    for (std::uint64_t ticket = 0; ticket < draw.total(); ++ticket)
      ++tickets[draw.owner_of(ticket)];
    for (const auto& [owner, weight] : weights) EXPECT_EQ(tickets[owner], weight);
  }
}

TEST(WeightedDraw, HugeWeightsDoNotWrap) {
  const WeightedDraw draw(Weights{{0, kWeightMax}, {1, kWeightMax}, {2, 1}});
  EXPECT_EQ(draw.total(), 2ULL * kWeightMax + 1);
  EXPECT_EQ(draw.owner_of(kWeightMax - 1ULL), 0U);
  EXPECT_EQ(draw.owner_of(kWeightMax), 1U);
  EXPECT_EQ(draw.owner_of(2ULL * kWeightMax), 2U);
}

TEST(WeightedDraw, AllZeroDrawsNobody) {
  Xoshiro256 random(1);
  EXPECT_EQ(WeightedDraw(Weights{{0, 0}, {1, 0}}).draw(random), std::nullopt);
  EXPECT_EQ(WeightedDraw().draw(random), std::nullopt);
}

// A rival sent 1 of 16,999 where 1 of 100 was asked.
TEST(WeightedDraw, OneToNinetyNineOverSeventeenThousand) {
  const WeightedDraw draw(Weights{{0, 1}, {1, 99}});
  Xoshiro256 random(17);
  int first = 0;
  for (int i = 0; i < 17'000; ++i) first += draw.draw(random) == 0U ? 1 : 0;
  EXPECT_NEAR(first, 170, 4 * 13);  // four standard deviations
}

// ---- by key ------------------------------------------------------------------------------------

KeyMeasure sum_of(const std::vector<KeyMeasure>& shares) {
  KeyMeasure sum = 0;
  for (const auto share : shares) sum += share;
  return sum;
}

TEST(KeyShares, SumToTheWholeSpaceWithinOneKeyOfTheIdeal) {
  const Weights cases[] = {
      {{0, 1}, {1, 1}, {2, 1}},
      {{0, 9995}, {1, 5}},
      {{0, kWeightMax}, {1, 1}},
      {{0, 2147483647}, {1, 1}},
      {{0, 1}},
      {{0, 3}, {1, 3}, {2, 1}, {3, 0}},
      {{0, kWeightMax}, {1, kWeightMax}, {2, kWeightMax}},
  };
  for (const auto& weights : cases) {
    const auto shares = key_shares(weights);
    EXPECT_TRUE(sum_of(shares) == kKeySpace);
    std::uint64_t total = 0;
    for (const auto& one : weights) total += one.weight;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const KeyMeasure floor = (static_cast<KeyMeasure>(weights[i].weight) << 64U) / total;
      EXPECT_TRUE(shares[i] == floor || shares[i] == floor + 1);
      EXPECT_TRUE(weights[i].weight != 0 || shares[i] == 0);
    }
  }
}

TEST(KeyShares, LargestRemainderGetsTheLeftOverKey) {
  // 2^64 = 3 * 6148914691236517205 + 1: equal remainders, the first in the file gets it.
  const auto shares = key_shares(Weights{{7, 1}, {8, 1}, {9, 1}});
  EXPECT_TRUE(shares[0] == 6148914691236517206U);
  EXPECT_TRUE(shares[1] == 6148914691236517205U);
}

TEST(KeyPartition, CanonicalIsOneSegmentEachInFileOrder) {
  const auto partition = KeyPartition::canonical(Weights{{5, 1}, {6, 0}, {7, 1}});
  ASSERT_EQ(partition.segments().size(), 2U);
  EXPECT_EQ(partition.segments()[0], (KeyPartition::Segment{0, 5}));
  EXPECT_EQ(partition.segments()[1], (KeyPartition::Segment{1ULL << 63U, 7}));
  EXPECT_EQ(partition.owner_of(0), 5U);
  EXPECT_EQ(partition.owner_of((1ULL << 63U) - 1), 5U);
  EXPECT_EQ(partition.owner_of(1ULL << 63U), 7U);
  EXPECT_EQ(partition.owner_of(~0ULL), 7U);
}

TEST(KeyPartition, AllZeroHasNoOwnerAndComesBack) {
  const auto none = KeyPartition::canonical(Weights{{0, 0}});
  EXPECT_EQ(none.owner_of(1), std::nullopt);
  EXPECT_EQ(none.next(Weights{{0, 1}}).owner_of(1), 0U);
  EXPECT_EQ(KeyPartition::canonical(Weights{{0, 1}}).next(Weights{{0, 0}}).owner_of(1),
            std::nullopt);
}

TEST(KeyPartition, TheSameWeightsChangeNothing) {
  const Weights weights{{0, 90}, {1, 7}, {2, 3}};
  const auto partition = KeyPartition::canonical(weights);
  EXPECT_EQ(partition.next(weights), partition);
  EXPECT_EQ(partition.next(Weights{{2, 6}, {0, 180}, {1, 14}}), partition);
}

TEST(KeyPartition, AddingAnUpstreamTakesKeysForItAlone) {
  const auto before = KeyPartition::canonical(Weights{{0, 1}, {1, 1}});
  const auto after = before.next(Weights{{0, 1}, {1, 1}, {2, 1}});
  EXPECT_TRUE(moved_measure(before, after) == after.measure_of(2));
  EXPECT_TRUE(after.measure_of(2) == kKeySpace / 3);
}

TEST(KeyPartition, RemovingAnUpstreamMovesItsKeysAlone) {
  const auto before = KeyPartition::canonical(Weights{{0, 1}, {1, 1}, {2, 2}});
  const auto after = before.next(Weights{{0, 1}, {1, 1}});
  EXPECT_TRUE(moved_measure(before, after) == before.measure_of(2));
  EXPECT_TRUE(after.measure_of(2) == 0);
}

TEST(KeyPartition, ThereAndBackIsWhereItWas) {
  const Weights stable{{0, 95}, {1, 5}};
  const auto partition = KeyPartition::canonical(stable);
  const auto reverted = partition.next(Weights{{0, 100}, {1, 0}});
  EXPECT_EQ(reverted.segments().size(), 1U);
  EXPECT_EQ(reverted.next(stable), partition);
}

// ---- while the owner is away -------------------------------------------------------------------

std::vector<RendezvousOwner> without(std::vector<RendezvousOwner> owners, std::uint32_t owner) {
  std::erase_if(owners, [&](auto& one) { return one.owner == owner; });
  return owners;
}

const std::vector<RendezvousOwner> kOwners = {
    {0, 60, stable_hash("blue")}, {1, 30, stable_hash("green")}, {2, 10, stable_hash("canary")}};

TEST(RedistributeKey, IsInProportionToTheWeights) {
  std::map<std::uint32_t, int> counts;
  for (std::uint64_t key = 0; key < 100'000; ++key) {
    ++counts[*redistribute_key(kOwners, stable_mix(key, 99))];
  }
  EXPECT_NEAR(counts[0], 60'000, 800);
  EXPECT_NEAR(counts[1], 30'000, 800);
  EXPECT_NEAR(counts[2], 10'000, 500);
}

TEST(RedistributeKey, OnlyTheKeysOfTheOneThatLeftMove) {
  for (std::uint64_t key = 0; key < 10'000; ++key) {
    const std::uint64_t hash = stable_mix(key, 5);
    const auto before = redistribute_key(kOwners, hash);
    const auto after = redistribute_key(without(kOwners, 1), hash);
    EXPECT_TRUE(before == 1U || before == after);
    EXPECT_NE(after, 1U);
  }
}

TEST(RedistributeKey, NobodyWhenNobodyIsThere) {
  EXPECT_EQ(redistribute_key({}, 1), std::nullopt);
  const RendezvousOwner zero[] = {{0, 0, 1}};
  EXPECT_EQ(redistribute_key(zero, 1), std::nullopt);
}

}  // namespace
}  // namespace sluice::routing
