// A million random configurations: what a split promises holds for each of them, exactly.
#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "routing/compile.hpp"
#include "routing/decide.hpp"
#include "routing/split.hpp"

#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SLUICE_PROPERTY_CASES 1'000'000
#else
#define SLUICE_PROPERTY_CASES 20'000
#endif

namespace sluice::routing {
namespace {

using Weights = std::vector<WeightedOwner>;
constexpr int kCases = SLUICE_PROPERTY_CASES;

// Weights as people and machines write them: zeros, small ones, percentages, per ten thousand, any.
std::uint32_t random_weight(Xoshiro256& random) {
  switch (random.below(6)) {
    case 0:
      return 0;
    case 1:
      return static_cast<std::uint32_t>(random.below(4));
    case 2:
      return static_cast<std::uint32_t>(random.below(101));
    case 3:
      return static_cast<std::uint32_t>(random.below(10'001));
    case 4:
      return 0x7fffffffU;
    default:
      return static_cast<std::uint32_t>(random());
  }
}

Weights random_weights(Xoshiro256& random, std::uint64_t owners_max) {
  Weights weights(1 + random.below(owners_max));
  for (std::uint32_t i = 0; i < weights.size(); ++i) weights[i] = {i, random_weight(random)};
  return weights;
}

std::uint64_t total_of(const Weights& weights) {
  std::uint64_t total = 0;
  for (const auto& one : weights) total += one.weight;
  return total;
}

KeyMeasure share_of(const Weights& weights, std::uint32_t owner) {
  const auto shares = key_shares(weights);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i].owner == owner) return shares[i];
  }
  return 0;
}

KeyMeasure sum_of_gains(const Weights& before, const Weights& after) {
  KeyMeasure gains = 0;
  for (const auto& one : after) {
    const KeyMeasure had = share_of(before, one.owner);
    const KeyMeasure has = share_of(after, one.owner);
    if (has > had) gains += has - had;
  }
  return gains;
}

bool is_well_formed(const KeyPartition& partition) {
  const auto segments = partition.segments();
  if (segments.empty() || segments[0].begin != 0) return false;
  for (std::size_t i = 1; i < segments.size(); ++i) {
    if (segments[i].begin <= segments[i - 1].begin) return false;
    if (segments[i].owner == segments[i - 1].owner) return false;
  }
  return true;
}

TEST(SplitProperty, EveryShareIsExactAndEveryKeyHasTheOwnerOfItsSegment) {
  Xoshiro256 random(20'240'001);
  for (int i = 0; i < kCases; ++i) {
    const Weights weights = random_weights(random, 8);
    const auto partition = KeyPartition::canonical(weights);
    if (total_of(weights) == 0) {
      ASSERT_EQ(partition.owner_of(random()), std::nullopt);
      continue;
    }
    ASSERT_TRUE(is_well_formed(partition));
    const auto shares = key_shares(weights);
    for (std::size_t j = 0; j < weights.size(); ++j) {
      ASSERT_TRUE(partition.measure_of(weights[j].owner) == shares[j]);
    }
    const auto owner = partition.owner_of(random());
    ASSERT_TRUE(owner && weights[*owner].weight > 0);
  }
}

TEST(SplitProperty, AChangeMovesExactlyTheSumOfTheGains) {
  Xoshiro256 random(20'240'002);
  for (int i = 0; i < kCases; ++i) {
    const Weights before = random_weights(random, 5);
    const Weights after = random_weights(random, 5);
    if (total_of(before) == 0 || total_of(after) == 0) continue;
    const auto old_partition = KeyPartition::canonical(before);
    const auto new_partition = old_partition.next(after);
    ASSERT_TRUE(is_well_formed(new_partition));
    for (const auto& one : after) {
      ASSERT_TRUE(new_partition.measure_of(one.owner) == share_of(after, one.owner));
    }
    ASSERT_TRUE(moved_measure(old_partition, new_partition) == sum_of_gains(before, after));
  }
}

TEST(SplitProperty, ADrawNeverGoesToWeightZeroAndCoversTheSum) {
  Xoshiro256 random(20'240'003);
  for (int i = 0; i < kCases; ++i) {
    const Weights weights = random_weights(random, 8);
    const WeightedDraw draw(weights);
    ASSERT_EQ(draw.total(), total_of(weights));
    const auto owner = draw.draw(random);
    ASSERT_EQ(owner.has_value(), draw.total() > 0);
    ASSERT_TRUE(!owner || weights[*owner].weight > 0);
  }
}

// A history of changes, not one: every step moves the minimum, and the layout stays small.
void walk_history(std::uint64_t seed, int steps, bool small_steps) {
  constexpr std::size_t kOwners = 8;
  Xoshiro256 random(seed);
  Weights weights(kOwners);
  for (std::uint32_t i = 0; i < kOwners; ++i) weights[i] = {i, random_weight(random) / 2 + 1};
  auto partition = KeyPartition::canonical(weights);
  std::size_t segments_max = 0;
  for (int step = 0; step < steps; ++step) {
    const Weights before = weights;
    auto& changed = weights[random.below(kOwners)];
    if (small_steps) {
      changed.weight = static_cast<std::uint32_t>(900 + random.below(200));
    } else {
      for (auto& one : weights) one.weight = static_cast<std::uint32_t>(1 + random.below(1000));
      if (random.below(4) == 0) changed.weight = 0;
    }
    const auto next = partition.next(weights);
    ASSERT_TRUE(moved_measure(partition, next) == sum_of_gains(before, weights));
    partition = next;
    segments_max = std::max(segments_max, partition.segments().size());
  }
  ::testing::Test::RecordProperty("segments_max", static_cast<int>(segments_max));
  EXPECT_LT(segments_max, 32 * kOwners) << "seed " << seed;
}

TEST(SplitProperty, TenThousandRandomChangesDoNotFragment) {
  walk_history(1, 10'000, false);
}
TEST(SplitProperty, TenThousandSmallChangesDoNotFragment) {
  walk_history(2, 10'000, true);
}

// ---- growing by 5 % ----------------------------------------------------------------------------

TEST(SplitProperty, GrowingFromFiveToTenPercentMovesTheAddedKeysAndNobodyElse) {
  const Weights five{{0, 70}, {1, 25}, {2, 5}};
  const Weights ten{{0, 66}, {1, 24}, {2, 10}};
  const auto before = KeyPartition::canonical(five);
  const auto after = before.next(ten);
  EXPECT_TRUE(moved_measure(before, after) == share_of(ten, 2) - share_of(five, 2));
  Xoshiro256 random(5);
  int moved = 0;
  for (int i = 0; i < kCases; ++i) {
    const std::uint64_t key = random();
    const auto from = before.owner_of(key);
    const auto to = after.owner_of(key);
    if (from == to) continue;
    ++moved;
    ASSERT_EQ(to, 2U) << "a key moved between upstreams that did not grow";
  }
  EXPECT_NEAR(moved, 0.05 * kCases, 0.002 * kCases + 50);
}

// ---- the order of decisions --------------------------------------------------------------------

RoutingSpec three_way_spec(Xoshiro256& random) {
  RoutingSpec spec;
  RouteSpec route;
  route.name = "shop";
  for (const char* name : {"blue", "green", "canary"}) {
    UpstreamSpec upstream;
    upstream.name = name;
    upstream.endpoints = {{"10.0.0.1:80", 1}, {"10.0.0.2:80", 1}};
    spec.upstreams.push_back(upstream);
    route.split.push_back({name, random_weight(random)});
  }
  const StringMatch exact{StringMatchKind::exact, "testers"};
  route.overrides = {{OverrideSource::header, "x-group", exact, "canary"}};
  route.sticky = StickySpec{};
  spec.routes = {route};
  return spec;
}

std::string cookie_for(const Snapshot& snapshot, const Upstream& upstream, std::uint64_t now) {
  StickyText text;
  snapshot.routes[0].sticky->signer->sign({now, upstream.hash, 0, 0, 7, 0, 1}, text);
  return "sluice=" + std::string(text.data(), text.size());
}

TEST(SplitProperty, OverrideBeatsPinBeatsWeightWhateverTheWeights) {
  Xoshiro256 random(20'240'004);
  for (int i = 0; i < kCases; ++i) {
    CompileInput in;
    in.spec = three_way_spec(random);
    in.sticky_keys = {std::string(32, 'k')};
    const auto snapshot = compile(in).value();
    WorkerDraw worker(random());
    worker.adopt(*snapshot);
    const Upstream& pinned = snapshot->upstreams[random.below(3)];
    const std::string cookie = cookie_for(*snapshot, pinned, 1000);
    const std::array<Field, 2> fields = {Field{"Cookie", cookie}, Field{"X-Group", "testers"}};
    RequestFacts facts;
    facts.path = "/";

    facts.fields = fields;
    const Decision forced = decide(*snapshot, worker, facts, 1000);
    ASSERT_EQ(forced.reason, Reason::override);
    ASSERT_EQ(forced.upstream->name, "canary");
    ASSERT_FALSE(forced.set_cookie);

    facts.fields = std::span(fields).first(1);
    const Decision sticky = decide(*snapshot, worker, facts, 1000);
    ASSERT_EQ(sticky.reason, Reason::sticky);
    ASSERT_EQ(sticky.upstream, &pinned) << "a pin holds at weight 0 too";
    ASSERT_EQ(sticky.placement, 7U);

    facts.fields = {};
    const Decision drawn = decide(*snapshot, worker, facts, 1000);
    if (snapshot->routes[0].draw.total() == 0) {
      ASSERT_EQ(drawn.failure, DecisionFailure::no_endpoint);
      continue;
    }
    ASSERT_EQ(drawn.reason, Reason::weight);
    ASSERT_GT(drawn.arm->weight, 0U);
    ASSERT_TRUE(drawn.set_cookie);
  }
}

}  // namespace
}  // namespace sluice::routing
