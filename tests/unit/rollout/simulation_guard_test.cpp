// How often a whole guard is wrong: all metrics, placebo, floors and ceilings at once, a look every
// 100 ms. Where nothing else is said, each metric is as bad as its null hypothesis allows.
#include <cstdio>
#include <vector>

#include <gtest/gtest.h>

#include "rollout/first_bad_events.hpp"
#include "rollout/guard_evidence.hpp"
#include "tests/unit/rollout/simulation.hpp"

namespace sluice::rollout {
namespace {

using simulation::Arms;
using simulation::bound;
using simulation::Poisson;

constexpr double kAlpha = 0.05;

GuardLimits limits_at(double false_revert_probability) {
  return {false_revert_probability,
          {error_limits(), latency_limits(0.9), latency_limits(0.99, "2s")},
          {}};
}

// Both upstreams, as all metrics see them.
struct Traffic {
  // errors: rates on both sides. Slow ones: a tenth and a hundredth on both; longer than 2 s: a
  // hundredth, which is all that is allowed. The baseline is split again for the placebos.
  Traffic(double requests, double share, double guarded_rate, double baseline_rate)
      : errors(requests, share, guarded_rate, baseline_rate),
        p90(requests, share, 0.1, 0.1),
        p99(requests, share, 0.01, 0.01),
        error_placebo(requests * (1 - share), share, baseline_rate, baseline_rate),
        p90_placebo(requests * (1 - share), share, 0.1, 0.1) {}

  void feed(GuardEvidence& guard, Xoshiro256& random) const {
    const SplitCounts bad = errors.bad(random);
    const SplitCounts good = errors.good(random);
    const SplitCounts slow = p90.bad(random);
    const SplitCounts very = p99.bad(random);
    const SplitCounts fast = p99.good(random);
    const SplitCounts bad_placebo = error_placebo.bad(random);
    const SplitCounts slow_placebo = p90_placebo.bad(random);
    const SplitCounts placed{bad.share, bad.guarded + good.guarded, bad.baseline + good.baseline};
    const MetricTick metrics[] = {{{&bad, 1},
                                   {&bad_placebo, 1},
                                   {bad.guarded, placed.guarded},
                                   {bad.baseline, placed.baseline}},
                                  {{&slow, 1}, {&slow_placebo, 1}, {}, {}},
                                  {{&very, 1},
                                   {},
                                   {very.guarded, very.guarded + fast.guarded},
                                   {very.baseline, very.baseline + fast.baseline}}};
    guard.observe({metrics, {&placed, 1}});
  }

  Arms errors, p90, p99, error_placebo, p90_placebo;
};

struct Rates {
  double reverted = 0;
  double uncalibrated = 0;
  double mismatch = 0;
};

// `plan(tick)` is the traffic of a tick.
template <class Plan>
Rates wrong_in(const Plan& plan, double alpha, int ticks, int runs, std::uint64_t seed) {
  Xoshiro256 random(seed);
  Rates rates;
  for (int run = 0; run < runs; ++run) {
    GuardEvidence guard(limits_at(alpha));
    bool found = false;
    for (int tick = 0; tick < ticks && !found; ++tick) {
      const Traffic& traffic = plan(tick);
      traffic.feed(guard, random);
      found = guard.finding() != Finding::quiet;
    }
    rates.reverted += found ? 1.0 / runs : 0;
    rates.uncalibrated += guard.uncalibrated() ? 1.0 / runs : 0;
    rates.mismatch += guard.sample_ratio_mismatch() ? 1.0 / runs : 0;
  }
  return rates;
}

void expect_honest(const char* what, const Rates& rates, double alpha, int runs) {
  std::printf("%-44s reverted %.4f, uncalibrated %.4f, sample ratio %.4f (each at most %.3f)\n",
              what, rates.reverted, rates.uncalibrated, rates.mismatch, alpha);
  EXPECT_LE(rates.reverted, bound(alpha, runs)) << what;
  EXPECT_LE(rates.uncalibrated, bound(alpha, runs)) << what;
  EXPECT_LE(rates.mismatch, bound(kSampleRatioAlpha, runs)) << what;
}

TEST(GuardSimulation, AsBadAsAllowedIsHardlyEverReverted) {
  constexpr int kRuns = 200;
  const Traffic traffic(1000, 0.05, 0.03, 0.02);
  const auto plan = [&](int) -> const Traffic& { return traffic; };
  expect_honest("plain", wrong_in(plan, kAlpha, 1200, kRuns, 1), kAlpha, kRuns);
}

TEST(GuardSimulation, NorWithARamp) {
  constexpr int kRuns = 200;
  std::vector<Traffic> steps;
  for (const double share : {0.01, 0.05, 0.25, 0.5}) steps.emplace_back(1000, share, 0.03, 0.02);
  const auto plan = [&](int tick) -> const Traffic& {
    return steps[static_cast<std::size_t>(tick / 300)];
  };
  expect_honest("ramp 1/5/25/50", wrong_in(plan, kAlpha, 1200, kRuns, 2), kAlpha, kRuns);
}

// Errors twenty times as many on both for 30 s, below the ceiling. (Above it a guard is to speak.)
TEST(GuardSimulation, NorWithACommonSpike) {
  constexpr int kRuns = 200;
  const Traffic calm(1000, 0.05, 0.0015, 0.001);
  const Traffic spike(1000, 0.05, 0.03, 0.02);
  const auto plan = [&](int tick) -> const Traffic& {
    return tick >= 400 && tick < 700 ? spike : calm;
  };
  expect_honest("a 30 s spike x20", wrong_in(plan, kAlpha, 1200, kRuns, 3), kAlpha, kRuns);
}

// Sticky: 200 of 20,000 users always fail on either upstream, the others one time in a thousand.
TEST(GuardSimulation, NorWithStickyUsers) {
  constexpr int kRuns = 200;
  constexpr int kTicks = 3000;
  constexpr double kShares[] = {0.01, 0.05, 0.25, 0.5};
  GuardLimits limits{kAlpha, {error_limits(1, 0.001, 0.05)}, {}};
  Xoshiro256 random(4);
  const Poisson by_failing(1), by_others(0.1), good(99);
  std::vector<double> places(20'000);
  std::vector<KeyedEvent> events;
  int wrong = 0;
  for (int run = 0; run < kRuns; ++run) {
    for (double& place : places) place = static_cast<double>(random() >> 11U) * 0x1p-53;
    GuardEvidence guard(limits);
    FirstBadEvents first(1U << 16U);
    bool found = false;
    for (int tick = 0; tick < kTicks && !found; ++tick) {
      const auto step = static_cast<std::size_t>(tick / (kTicks / 4));
      const double share = kShares[step];
      events.clear();
      RateCounts rate[2];
      const auto fail = [&](std::uint64_t user) {
        const bool guarded = places[user] < share;
        events.push_back({user, step, share, guarded});
        ++rate[guarded ? 1 : 0].bad;
      };
      for (auto left = by_failing.draw(random); left > 0; --left) fail(random.below(200));
      for (auto left = by_others.draw(random); left > 0; --left) fail(random.below(20'000));
      const std::uint64_t rest = good.draw(random);
      const auto guarded = static_cast<std::uint64_t>(static_cast<double>(rest) * share + 0.5);
      rate[1].total = rate[1].bad + guarded;
      rate[0].total = rate[0].bad + rest - guarded;
      const MetricTick metric{first.admit(events), {}, rate[1], rate[0]};
      guard.observe({{&metric, 1}, {}});
      found = guard.finding() != Finding::quiet;
    }
    wrong += found ? 1 : 0;
  }
  const double rate = static_cast<double>(wrong) / kRuns;
  std::printf("%-44s reverted %.4f\n", "sticky, ramped, max_ratio 1", rate);
  EXPECT_LE(rate, bound(kAlpha, kRuns));
}

// Two hours as they are: equal upstreams, errors that come and go, the guard's own defaults.
TEST(GuardSimulation, TwoHealthyHours) {
  constexpr int kTicks = 2 * 3600 * static_cast<int>(kTicksPerSecond);
  constexpr int kRuns = 6;
  for (const double requests : {100.0, 1000.0}) {
    std::vector<Traffic> moods;
    for (const double rate : {0.0005, 0.002, 0.001, 0.01})
      moods.emplace_back(requests, 0.1, rate, rate);
    const auto plan = [&](int tick) -> const Traffic& {
      return moods[static_cast<std::size_t>(tick / 3000 % 4)];
    };
    const Rates rates = wrong_in(plan, 0.01, kTicks, kRuns, 5);
    expect_honest(requests == 100 ? "2 hours at 100/s" : "2 hours at 1000/s", rates, 0.01, kRuns);
  }
}

}  // namespace
}  // namespace sluice::rollout
