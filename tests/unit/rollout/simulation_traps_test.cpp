// Situations in which tools that compare a ratio with a threshold are known to be wrong, for a
// whole guard.
#include <cstdio>
#include <vector>

#include <gtest/gtest.h>

#include "rollout/guard_evidence.hpp"
#include "tests/unit/rollout/simulation.hpp"

namespace sluice::rollout {
namespace {

using simulation::Arms;

class ErrorGuard {
 public:
  explicit ErrorGuard(MetricLimits limits = error_limits())
      : guard_({0.01, {std::move(limits)}, {}}) {}

  void tick(const SplitCounts& bad, const SplitCounts& good) {
    const MetricTick metric{{&bad, 1},
                            {},
                            {bad.guarded, bad.guarded + good.guarded},
                            {bad.baseline, bad.baseline + good.baseline}};
    guard_.observe({{&metric, 1}, {}});
  }
  void tick(const Arms& arms, Xoshiro256& random) { tick(arms.bad(random), arms.good(random)); }
  const GuardEvidence& operator*() const { return guard_; }
  const GuardEvidence* operator->() const { return &guard_; }

 private:
  GuardEvidence guard_;
};

// A threshold of 1 % over a minute reverts here 95 times of 100.
TEST(Trap, OneRequestASecondWithAnErrorNowAndThen) {
  constexpr int kRuns = 150;
  Xoshiro256 random(1);
  int reverted = 0;
  int over_one_percent = 0;
  for (const double share : {0.5, 0.1}) {
    const Arms arms(1 / share, share, 0.005, 0.005);  // 1 request a second on the guarded one
    for (int run = 0; run < kRuns; ++run) {
      ErrorGuard guard;
      bool found = false;
      bool over = false;
      for (int minute = 0; minute < 10; ++minute) {
        std::uint64_t bad_in_minute = 0;
        for (int tick = 0; tick < 600; ++tick) {
          const SplitCounts bad = arms.bad(random);
          bad_in_minute += bad.guarded;
          guard.tick(bad, arms.good(random));
          if (bad.total() > 0) found = found || guard->finding() != Finding::quiet;
        }
        over = over || bad_in_minute >= 1;
      }
      reverted += found ? 1 : 0;
      over_one_percent += over ? 1 : 0;
    }
  }
  EXPECT_GT(over_one_percent, 0.9 * 2 * kRuns) << "the comparator";
  EXPECT_LE(reverted, simulation::bound(0.01, 2 * kRuns) * 2 * kRuns);
}

// Error counts by minute, of 30 requests each, beside none at all. Half of the traffic each: four
// of four heads prove nothing to anybody. At 5 % of the traffic they do.
TEST(Trap, AFewErrorsBesideNone) {
  struct Row {
    double share;
    std::uint64_t baseline;
    bool worse;
  };
  for (const Row& row : {Row{0.5, 30, false}, Row{0.05, 570, true}, Row{0.01, 2970, true}}) {
    ErrorGuard guard;
    bool worse = false;
    for (const std::uint64_t errors : {0U, 1U, 2U, 1U, 0U, 0U}) {
      guard.tick({row.share, errors, 0}, {row.share, 30 - errors, row.baseline});
      worse = worse || guard->finding() == Finding::worse;
    }
    EXPECT_EQ(worse, row.worse) << row.share << ": " << guard->verdict().sentence;
    EXPECT_GT(guard->metrics()[0].recent().ratio(), 1) << "no zero in a denominator";
  }
}

TEST(Trap, NoErrorsOnTheBaseline) {
  Xoshiro256 random(2);
  const Arms arms(1000, 0.05, 0.05, 0);
  ErrorGuard guard;
  int ticks = 0;
  for (; guard->finding() == Finding::quiet && ticks < 200; ++ticks) guard.tick(arms, random);
  EXPECT_EQ(guard->finding(), Finding::worse);
  EXPECT_LT(ticks, 80);
  const Verdict verdict = guard->verdict();
  EXPECT_TRUE(std::isinf(verdict.ratio));
  EXPECT_GT(verdict.bounds.low, 1.5);
}

TEST(Trap, NoTrafficIsNeitherGoodNorBad) {
  Xoshiro256 random(3);
  const Arms arms(1000, 0.05, 0.002, 0.001);
  ErrorGuard guard;
  for (int tick = 0; tick < 50; ++tick) guard.tick(arms, random);
  const double before = guard->metrics()[0].log_evidence();
  for (int tick = 0; tick < 8 * 3600 * 10; ++tick) guard.tick({0.05, 0, 0}, {0.05, 0, 0});
  EXPECT_EQ(guard->metrics()[0].log_evidence(), before);
  EXPECT_EQ(guard->finding(), Finding::quiet);
}

TEST(Trap, TrafficOfTheGuardedUpstreamOnly) {
  ErrorGuard guard;
  for (int tick = 0; tick < 1000; ++tick) guard.tick({1, 1, 0}, {1, 49, 0});  // 2 %, weight 100 %
  EXPECT_EQ(guard->finding(), Finding::quiet) << "nothing to compare with, and within the limit";
  for (int tick = 0; tick < 100; ++tick) guard.tick({1, 10, 0}, {1, 40, 0});
  EXPECT_EQ(guard->finding(), Finding::over_limit);
}

// A restart of 5 s in which all its requests fail is a fault like any other, found while it lasts.
// Afterwards a new guard run begins, which knows nothing of it.
TEST(Trap, RestartOfTheUpstream) {
  Xoshiro256 random(4);
  const Arms healthy(1000, 0.25, 0.001, 0.001);
  const Arms down(1000, 0.25, 1, 0.001);
  ErrorGuard guard;
  for (int tick = 0; tick < 600; ++tick) guard.tick(healthy, random);
  EXPECT_EQ(guard->finding(), Finding::quiet);
  for (int tick = 0; tick < 5; ++tick) guard.tick(down, random);
  EXPECT_EQ(guard->finding(), Finding::worse);

  ErrorGuard next;
  bool found = false;
  for (int tick = 0; tick < 6000; ++tick) {
    next.tick(healthy, random);
    found = found || next->finding() != Finding::quiet;
  }
  EXPECT_FALSE(found);
}

// What a guard says while both arms fail at `rate`, after 20 s of health.
bool finds_a_common_cause(double share, double rate, Xoshiro256& random) {
  const Arms healthy(1000, share, 0.001, 0.001);
  const Arms broken(1000, share, rate, rate);
  ErrorGuard guard;
  for (int tick = 0; tick < 200; ++tick) guard.tick(healthy, random);
  for (int tick = 0; tick < 300 && guard->finding() == Finding::quiet; ++tick)
    guard.tick(broken, random);
  EXPECT_TRUE(guard->finding() == Finding::both_over_limit) << guard->verdict().sentence;
  return guard->finding() == Finding::both_over_limit;
}

TEST(Trap, ASharedDependencyFails) {
  constexpr int kRuns = 40;
  Xoshiro256 random(5);
  for (const double share : {0.05, 0.5}) {
    for (const double rate : {0.12, 0.2, 0.6, 1.0}) {
      int common = 0;
      for (int run = 0; run < kRuns; ++run)
        common += finds_a_common_cause(share, rate, random) ? 1 : 0;
      EXPECT_EQ(common, kRuns) << share << ", " << rate;
    }
  }
}

TEST(Trap, TheBaselineFailsAlone) {
  Xoshiro256 random(6);
  const Arms arms(1000, 0.5, 0.001, 0.5);
  ErrorGuard guard;
  for (int tick = 0; tick < 600; ++tick) {
    guard.tick(arms, random);
    ASSERT_EQ(guard->finding(), Finding::quiet);
  }
}

}  // namespace
}  // namespace sluice::rollout
