// How often a single test is wrong about an upstream that is as good as its baseline, with a look
// every 100 ms, beside two that people use: a z-test that peeks, and counting every request of a
// sticky user. Fixed seeds; rates may exceed what is promised by three standard errors.
#include <cmath>
#include <cstdio>
#include <functional>
#include <vector>

#include <gtest/gtest.h>

#include "rollout/first_bad_events.hpp"
#include "rollout/relative_test.hpp"
#include "tests/unit/rollout/simulation.hpp"

namespace sluice::rollout {
namespace {

using simulation::Arms;
using simulation::bound;
using simulation::Poisson;

constexpr double kAlpha = 0.05;
constexpr int kRuns = 600;
const double kLogThreshold = -std::log(kAlpha);

// What the arms do at a tick.
using Plan = std::function<const Arms&(int tick)>;

double false_alarms(double max_ratio, const Plan& plan, int ticks, std::uint64_t seed) {
  Xoshiro256 random(seed);
  int wrong = 0;
  for (int run = 0; run < kRuns; ++run) {
    EProcess process = make_regression_test(max_ratio);
    bool found = false;
    for (int tick = 0; tick < ticks && !found; ++tick) {
      const SplitCounts bad = plan(tick).bad(random);
      process.observe({&bad, 1});
      found = process.reaches(kLogThreshold);
    }
    wrong += found ? 1 : 0;
  }
  return static_cast<double>(wrong) / kRuns;
}

// At most what is promised, and within chance what 6000 runs have shown.
void expect_rate(const char* what, double rate, double long_run, double design) {
  std::printf("%-44s %.3f   (6000 runs %.3f, design %.3f)\n", what, rate, long_run, design);
  EXPECT_LE(rate, bound(kAlpha, kRuns)) << what;
  EXPECT_NEAR(rate, long_run, bound(long_run, kRuns) - long_run) << what;
}

TEST(Simulation, AnEqualIsHardlyEverTakenForWorse) {
  const Arms usual(1000, 0.05, 0.01, 0.01);
  const Arms few(20, 0.1, 0.05, 0.05);
  const Arms bad(20, 0.1, 0.3, 0.3);
  const auto always = [](const Arms& arms) { return [&arms](int) -> const Arms& { return arms; }; };
  expect_rate("1000/s, weight 5 %, errors 1 %", false_alarms(1, always(usual), 3000, 1), 0.025,
              0.020);
  expect_rate("20/s, weight 10 %, errors 5 %", false_alarms(1, always(few), 3000, 2), 0.023, 0.023);
  expect_rate("20/s, weight 10 %, errors 30 %", false_alarms(1, always(bad), 3000, 3), 0.024,
              0.033);
  expect_rate("max_ratio 1.5, equal arms", false_alarms(1.5, always(usual), 3000, 4), 0.003, 0.003);
}

TEST(Simulation, ARampAndASpikeOnBothArmsDoNotMatter) {
  constexpr double kShares[] = {0.01, 0.05, 0.25, 0.5};
  std::vector<Arms> calm;
  std::vector<Arms> spike;
  for (const double share : kShares) {
    calm.emplace_back(1000, share, 0.01, 0.01);
    spike.emplace_back(1000, share, 0.2, 0.2);
  }
  const Plan plan = [&](int tick) -> const Arms& {
    const auto step = static_cast<std::size_t>(tick / 750);
    const bool in_spike = tick >= 1350 && tick < 1650;  // over the change from 5 % to 25 %
    return in_spike ? spike[step] : calm[step];
  };
  expect_rate("ramp 1/5/25/50 and a 30 s spike x20", false_alarms(1, plan, 3000, 5), 0.029, 0.015);
}

// The sharpest that the null hypothesis allows is as good as an equal at psi0 = 1.
TEST(Simulation, TheWorstThatIsAllowedIsHardlyEverTakenForMore) {
  const Arms allowed(1000, 0.05, 0.015, 0.01);
  const Plan plan = [&](int) -> const Arms& { return allowed; };
  expect_rate("max_ratio 1.5, ratio 1.5", false_alarms(1.5, plan, 3000, 6), 0.026, 0.020);
}

// ---- the comparator: a z-test of two proportions, one-sided or two-sided, a look a second
// ---------

double z_of(const RateCounts& guarded, const RateCounts& baseline) {
  const auto n = static_cast<double>(guarded.total);
  const auto m = static_cast<double>(baseline.total);
  const double pooled = static_cast<double>(guarded.bad + baseline.bad) / (n + m);
  const double difference =
      static_cast<double>(guarded.bad) / n - static_cast<double>(baseline.bad) / m;
  const double variance = pooled * (1 - pooled) * (1 / n + 1 / m);
  return variance > 0 ? difference / std::sqrt(variance) : 0;
}

TEST(Simulation, APeekingZTestIsWrongAlmostEverySecondTime) {
  Xoshiro256 random(7);
  const Arms arms(10'000, 0.05, 0.01, 0.01);  // draws of whole seconds at 1000 requests a second
  int wrong = 0;
  for (int run = 0; run < kRuns; ++run) {
    RateCounts guarded;
    RateCounts baseline;
    bool found = false;
    for (int second = 0; second < 300 && !found; ++second) {
      const SplitCounts bad = arms.bad(random);
      const SplitCounts good = arms.good(random);
      guarded.bad += bad.guarded;
      guarded.total += bad.guarded + good.guarded;
      baseline.bad += bad.baseline;
      baseline.total += bad.baseline + good.baseline;
      found = z_of(guarded, baseline) > 1.645;  // 5 %, one-sided, as the tests above
    }
    wrong += found ? 1 : 0;
  }
  const double rate = static_cast<double>(wrong) / kRuns;
  std::printf("%-52s %.3f   (design %.3f)\n", "z-test, a look a second", rate, 0.456);
  EXPECT_GT(rate, 0.3);
}

// ---- sticky traffic
// ------------------------------------------------------------------------------

// 20,000 users, of whom some fail whatever they ask for, on either upstream; 1000 requests a
// second; placed by key.
struct Users {
  std::uint64_t failing;
  std::vector<double> shares;  // equal parts of the run
};

struct StickyRates {
  double by_request;
  double by_key;
};

StickyRates sticky_false_alarms(const Users& users, double max_ratio, int ticks, int runs,
                                std::uint64_t seed) {
  Xoshiro256 random(seed);
  const Poisson failures(100.0 * static_cast<double>(users.failing) / 20'000);
  int wrong_by_request = 0;
  int wrong_by_key = 0;
  std::vector<double> places(users.failing);
  std::vector<KeyedEvent> events;
  for (int run = 0; run < runs; ++run) {
    for (double& place : places) place = static_cast<double>(random() >> 11U) * 0x1p-53;
    EProcess by_request = make_regression_test(max_ratio);
    EProcess by_key = by_request;
    FirstBadEvents first(1U << 16U);
    bool request_found = false;
    bool key_found = false;
    for (int tick = 0; tick < ticks; ++tick) {
      const auto step =
          static_cast<std::size_t>(tick) * users.shares.size() / static_cast<std::size_t>(ticks);
      const double share = users.shares[step];
      events.clear();
      SplitCounts all{share, 0, 0};
      for (std::uint64_t left = failures.draw(random); left > 0; --left) {
        const std::uint64_t user = random.below(users.failing);
        events.push_back({user, step, share, places[user] < share});
        ++(events.back().guarded ? all.guarded : all.baseline);
      }
      by_request.observe({&all, 1});
      by_key.observe(first.admit(events));
      request_found = request_found || by_request.reaches(kLogThreshold);
      key_found = key_found || by_key.reaches(kLogThreshold);
    }
    wrong_by_request += request_found ? 1 : 0;
    wrong_by_key += key_found ? 1 : 0;
  }
  return {static_cast<double>(wrong_by_request) / runs, static_cast<double>(wrong_by_key) / runs};
}

TEST(Simulation, StickyUsersWhoAlwaysFailCountOnce) {
  struct Row {
    const char* what;
    Users users;
    double max_ratio, by_request, by_key;
  };
  const Row rows[] = {
      {"200 users, weight 5 %", {200, {0.05}}, 1, 0.30, 0.018},
      {"200 users, ramped", {200, {0.01, 0.05, 0.25, 0.5}}, 1, 0.37, 0.007},
      {"20 users, weight 5 %, max_ratio 1.5", {20, {0.05}}, 1.5, 0.15, 0},
      {"20 users, ramped, max_ratio 1.5", {20, {0.01, 0.05, 0.25, 0.5}}, 1.5, 0.18, 0},
  };
  constexpr int kStickyRuns = 200;
  std::uint64_t seed = 10;
  for (const Row& row : rows) {
    const StickyRates rates =
        sticky_false_alarms(row.users, row.max_ratio, 6000, kStickyRuns, ++seed);
    std::printf("%-36s every request %.3f (design %.2f), first by key %.3f (design %.3f)\n",
                row.what, rates.by_request, row.by_request, rates.by_key, row.by_key);
    EXPECT_LE(rates.by_key, bound(kAlpha, kStickyRuns)) << row.what;
    EXPECT_GT(rates.by_request, bound(kAlpha, kStickyRuns)) << row.what << ": the wrong way";
  }
}

}  // namespace
}  // namespace sluice::rollout
