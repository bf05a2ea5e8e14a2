#include "routing/balance.hpp"

#include <map>

#include "base/hash.hpp"
#include "tests/unit/routing/compiled.hpp"

namespace sluice::routing {
namespace {

using testing::compiled;
using testing::shop;

// A snapshot whose upstream 0 has endpoints of these weights.
std::shared_ptr<const Snapshot> balanced(Balance balance, std::vector<std::uint32_t> weights,
                                         std::vector<std::size_t> down = {}) {
  CompileInput in = shop({{"blue", 1}});
  auto& blue = in.spec.upstreams[0];
  blue.balance = balance;
  blue.endpoints.clear();
  for (std::size_t i = 0; i < weights.size(); ++i) {
    blue.endpoints.push_back({"10.1.0." + std::to_string(i) + ":80", weights[i]});
  }
  for (const auto i : down) in.fitness[{"blue", "10.1.0." + std::to_string(i) + ":80"}].fit = false;
  return compiled(in);
}

struct Picker {
  explicit Picker(std::shared_ptr<const Snapshot> of, std::uint64_t seed = 1)
      : snapshot(std::move(of)), random(seed), state(*snapshot, random) {}
  std::uint32_t pick(const BalanceInput& input = {}) {
    return pick_endpoint(snapshot->upstreams[0], state, random, input);
  }
  std::map<std::uint32_t, int> count(int times, const BalanceInput& input = {}) {
    std::map<std::uint32_t, int> counts;
    for (int i = 0; i < times; ++i) ++counts[pick(input)];
    return counts;
  }
  std::shared_ptr<const Snapshot> snapshot;
  Xoshiro256 random;
  BalanceState state;
};

using Counts = std::map<std::uint32_t, int>;
constexpr Balance kAll[] = {Balance::round_robin, Balance::least_request, Balance::consistent_hash};

TEST(Balance, NoEndpointOneEndpointDownEndpoint) {
  for (const Balance balance : kAll) {
    EXPECT_EQ(Picker(balanced(balance, {1, 1}, {0, 1})).pick(), kNoIndex);
    EXPECT_EQ(Picker(balanced(balance, {5})).pick(), 0U);
    EXPECT_EQ(Picker(balanced(balance, {1, 1, 1}, {0, 2})).count(20), (Counts{{1, 20}}));
  }
}

TEST(Balance, ExcludedOnesOnlyWhenThereIsNoOther) {
  const std::uint32_t tried[] = {0, 2};
  const std::uint32_t all[] = {0, 1, 2};
  for (const Balance balance : kAll) {
    Picker picker(balanced(balance, {1, 1, 1}));
    BalanceInput input;
    input.exclude = tried;
    EXPECT_EQ(picker.count(50, input), (Counts{{1, 50}}));
    input.exclude = all;
    EXPECT_NE(picker.pick(input), kNoIndex);
    input.exclude = std::span(tried).first(1);
    EXPECT_FALSE(picker.count(200, input).contains(0));
  }
}

TEST(RoundRobin, EveryRoundIsExactlyInProportion) {
  Picker picker(balanced(Balance::round_robin, {5, 1, 1}));
  for (int round = 0; round < 10; ++round) {
    EXPECT_EQ(picker.count(7), (Counts{{0, 5}, {1, 1}, {2, 1}}));
  }
}

TEST(RoundRobin, IsSmooth) {
  Picker picker(balanced(Balance::round_robin, {5, 1, 1}));
  int run = 0;
  for (int i = 0; i < 700; ++i) {
    run = picker.pick() == 0 ? run + 1 : 0;
    EXPECT_LE(run, 4);
  }
}

TEST(RoundRobin, WorkersStartAtDifferentEndpoints) {
  const auto snapshot = balanced(Balance::round_robin, {1, 1, 1, 1});
  Counts first;
  for (std::uint64_t seed = 0; seed < 400; ++seed) ++first[Picker(snapshot, seed).pick()];
  for (const auto& [index, times] : first) EXPECT_NEAR(times, 100, 40) << index;
}

TEST(RoundRobin, AStateThatFitsNoSnapshotFallsBackToChance) {
  Picker picker(balanced(Balance::round_robin, {3, 1}));
  picker.state = BalanceState();
  EXPECT_NEAR(picker.count(10'000)[0], 7'500, 200);
}

TEST(LeastRequest, TakesTheLessLoadedOfTwo) {
  Picker picker(balanced(Balance::least_request, {1, 1}));
  std::vector<std::uint32_t> in_flight(picker.snapshot->slots.endpoint_count(), 0);
  in_flight[picker.snapshot->upstreams[0].endpoints[0].slot] = 3;
  BalanceInput input;
  input.in_flight = in_flight;
  EXPECT_EQ(picker.count(100, input), (Counts{{1, 100}}));
}

TEST(LeastRequest, LoadCountsPerWeight) {
  Picker picker(balanced(Balance::least_request, {10, 1}));
  std::vector<std::uint32_t> in_flight(picker.snapshot->slots.endpoint_count(), 0);
  in_flight[picker.snapshot->upstreams[0].endpoints[0].slot] = 9;
  in_flight[picker.snapshot->upstreams[0].endpoints[1].slot] = 1;
  BalanceInput input;
  input.in_flight = in_flight;
  EXPECT_EQ(picker.count(100, input), (Counts{{0, 100}}));
}

TEST(LeastRequest, WeightsCountWhenIdle) {
  Picker picker(balanced(Balance::least_request, {3, 1}));
  EXPECT_NEAR(picker.count(10'000)[0], 7'500, 200);
}

TEST(ConsistentHash, AKeyStaysAndKeysSpreadByWeight) {
  Picker picker(balanced(Balance::consistent_hash, {1, 2, 1}));
  Counts counts;
  for (std::uint64_t key = 0; key < 20'000; ++key) {
    BalanceInput input;
    input.key_hash = stable_mix(key, 3);
    const std::uint32_t first = picker.pick(input);
    ASSERT_EQ(picker.pick(input), first);
    ++counts[first];
  }
  EXPECT_NEAR(counts[0], 5'000, 300);
  EXPECT_NEAR(counts[1], 10'000, 400);
}

TEST(ConsistentHash, OnlyTheKeysOfALostEndpointMove) {
  for (const auto& weights : {std::vector<std::uint32_t>{1, 1, 1, 1}, {4, 3, 2, 1}}) {
    Picker all(balanced(Balance::consistent_hash, weights));
    Picker less(balanced(Balance::consistent_hash, weights, {2}));
    for (std::uint64_t key = 0; key < 5'000; ++key) {
      BalanceInput input;
      input.key_hash = stable_mix(key, 4);
      const std::uint32_t before = all.pick(input);
      ASSERT_TRUE(before == 2 || less.pick(input) == before);
    }
  }
}

// One hot key may not take more than 5/4 of the average: the rest overflows, in a fixed order.
TEST(ConsistentHash, LoadIsBounded) {
  for (const auto& weights : {std::vector<std::uint32_t>{1, 1, 1, 1}, {4, 3, 2, 1}}) {
    Picker picker(balanced(Balance::consistent_hash, weights));
    const auto& endpoints = picker.snapshot->upstreams[0].endpoints;
    std::vector<std::uint32_t> in_flight(picker.snapshot->slots.endpoint_count(), 0);
    BalanceInput input;
    input.key_hash = 42;
    input.in_flight = in_flight;
    const double total_weight = static_cast<double>(picker.snapshot->upstreams[0].available_weight);
    for (int sent = 1; sent <= 1000; ++sent) {
      const std::uint32_t index = picker.pick(input);
      ASSERT_NE(index, kNoIndex);
      const auto load = ++in_flight[endpoints[index].slot];
      ASSERT_LT(load, 1.25 * sent * endpoints[index].weight / total_weight + 1);
    }
  }
}

}  // namespace
}  // namespace sluice::routing
