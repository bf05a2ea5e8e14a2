#include "rollout/first_bad_events.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice::rollout {
namespace {

using Events = std::vector<KeyedEvent>;

std::uint64_t total(std::span<const SplitCounts> groups) {
  std::uint64_t sum = 0;
  for (const SplitCounts& one : groups) sum += one.total();
  return sum;
}

TEST(FirstBadEvents, AKeyCountsOnce) {
  FirstBadEvents first(100);
  const auto groups =
      first.admit(Events{{1, 1, 0.05, true}, {1, 1, 0.05, true}, {2, 1, 0.05, false}});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].guarded, 1U);
  EXPECT_EQ(groups[0].baseline, 1U);
  EXPECT_EQ(total(first.admit(Events{{1, 2, 0.25, true}, {2, 2, 0.25, true}})), 0U)
      << "on whichever side it was";
  EXPECT_EQ(total(first.admit(Events{{3, 2, 0.25, true}})), 1U);
  EXPECT_TRUE(first.admit({}).empty());
}

TEST(FirstBadEvents, EventsOfOneShareMakeOneGroup) {
  FirstBadEvents first(100);
  const auto groups = first.admit(
      Events{{1, 1, 0.05, true}, {2, 2, 0.25, true}, {3, 1, 0.05, false}, {4, 2, 0.25, true}});
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].share, 0.05);
  EXPECT_EQ(groups[0].total(), 2U);
  EXPECT_EQ(groups[1].guarded, 2U);
}

TEST(FirstBadEvents, AKeyThatWasMovedWithinATickCountsWhereItWasFirst) {
  FirstBadEvents first(100);
  const auto groups = first.admit(Events{{1, 8, 0.25, true}, {1, 7, 0.05, false}});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].share, 0.05);
  EXPECT_EQ(groups[0].baseline, 1U);
}

TEST(FirstBadEvents, ZeroIsAKeyLikeAnother) {
  FirstBadEvents first(100);
  EXPECT_EQ(total(first.admit(Events{{0, 1, 0.5, true}})), 1U);
  EXPECT_EQ(total(first.admit(Events{{0, 1, 0.5, true}})), 0U);
}

TEST(FirstBadEvents, WhenFullNobodyNewIsLetInAndNobodyTwice) {
  FirstBadEvents first(10);
  Events events;
  for (std::uint64_t key = 0; key < 20; ++key) events.push_back({key, 1, 0.5, key % 2 == 0});
  EXPECT_EQ(total(first.admit(events)), 10U);
  EXPECT_TRUE(first.full());
  EXPECT_EQ(total(first.admit(events)), 0U);
  EXPECT_EQ(first.keys(), 10U);
}

TEST(FirstBadEvents, OrderWithinATickDoesNotMatter) {
  Xoshiro256 random(1);
  for (int round = 0; round < 200; ++round) {
    FirstBadEvents one(50);
    FirstBadEvents other(50);
    std::set<std::uint64_t> fed;
    std::uint64_t counted = 0;
    for (std::uint64_t tick = 0; tick < 5; ++tick) {
      Events events;
      for (int i = 0; i < 10; ++i) {
        const std::uint64_t key = random.below(40);
        const double share = tick < 3 ? 0.05 : 0.25;
        fed.insert(key);
        events.push_back({key, tick, share, key % 3 == 0});
      }
      const auto groups = one.admit(events);
      counted += total(groups);
      std::shuffle(events.begin(), events.end(), random);
      const auto shuffled = other.admit(events);
      ASSERT_EQ(groups.size(), shuffled.size());
      for (std::size_t i = 0; i < groups.size(); ++i) {
        ASSERT_EQ(groups[i].guarded, shuffled[i].guarded);
        ASSERT_EQ(groups[i].baseline, shuffled[i].baseline);
      }
    }
    ASSERT_EQ(counted, fed.size());
  }
}

}  // namespace
}  // namespace sluice::rollout
