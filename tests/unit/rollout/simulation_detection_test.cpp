// How long it takes to find a fault: the figures of the design beside what the code does, with
// fixed seeds. A median may differ by a quarter, or by one tick where that is more.
#include <cmath>
#include <cstdio>
#include <vector>

#include <gtest/gtest.h>

#include "rollout/metric_evidence.hpp"
#include "rollout/relative_test.hpp"
#include "tests/unit/rollout/simulation.hpp"

namespace sluice::rollout {
namespace {

using simulation::Arms;
using simulation::quantile;

constexpr double kNever = 1e6;
const double kLogThreshold = std::log(400);

struct Detection {
  std::vector<double> seconds;
  std::vector<double> harmed;
};

// Ticks until the regression test has its evidence and three bad requests; kNever after
// `seconds_max`.
double seconds_until_found(EProcess& process, const Arms& arms, Xoshiro256& random,
                           double seconds_max, double& harmed) {
  const std::uint64_t begin = process.ticks();
  const auto end = begin + static_cast<std::uint64_t>(seconds_max * kTicksPerSecond);
  while (process.ticks() < end) {
    const SplitCounts bad = arms.bad(random);
    harmed += static_cast<double>(bad.guarded);
    process.observe({&bad, 1});
    if (process.since().tally.guarded() >= kBadMin && process.reaches(kLogThreshold))
      return static_cast<double>(process.ticks() - begin) / kTicksPerSecond;
  }
  return kNever;
}

Detection detect(double max_ratio, const Arms& arms, int runs, std::uint64_t seed,
                 double seconds_max = 2000) {
  Xoshiro256 random(seed);
  Detection detection;
  for (int run = 0; run < runs; ++run) {
    EProcess process = make_regression_test(max_ratio);
    double harmed = 0;
    detection.seconds.push_back(seconds_until_found(process, arms, random, seconds_max, harmed));
    detection.harmed.push_back(harmed);
  }
  return detection;
}

void expect_near_design(const char* what, double measured, double design) {
  EXPECT_NEAR(measured, design, std::max(0.25 * design, 0.1001)) << what;
}

void expect_times(const char* what, const Detection& detection, double median, double late) {
  const double measured_median = quantile(detection.seconds, 0.5);
  const double measured_late = quantile(detection.seconds, 0.95);
  std::printf("%-44s %7.1f /%7.1f   (design %5.1f /%6.1f)\n", what, measured_median, measured_late,
              median, late);
  expect_near_design(what, measured_median, median);
  expect_near_design(what, measured_late, late);
}

TEST(Simulation, ErrorsAtAThousandRequestsASecond) {
  struct Row {
    double rate, share, median, late;
  };
  const Row rows[] = {
      {0.01, 0.01, 68, 160}, {0.01, 0.05, 16, 38},   {0.01, 0.25, 4.9, 10},  {0.01, 0.5, 5.0, 9},
      {0.05, 0.01, 7.2, 17}, {0.05, 0.05, 1.8, 4.0}, {0.05, 0.25, 0.7, 1.2}, {0.05, 0.5, 0.8, 1.2},
      {0.2, 0.01, 1.7, 3.4}, {0.2, 0.05, 0.5, 1.0},  {0.2, 0.25, 0.2, 0.3},  {0.2, 0.5, 0.2, 0.3},
      {1, 0.01, 0.3, 0.7},   {1, 0.05, 0.1, 0.2},    {1, 0.25, 0.1, 0.1},    {1, 0.5, 0.1, 0.1},
  };
  std::uint64_t seed = 100;
  for (const Row& row : rows) {
    char what[64];
    std::snprintf(what, sizeof what, "errors %g %%, weight %g %%", row.rate * 100, row.share * 100);
    const Arms arms(1000, row.share, row.rate, 0.001);
    expect_times(what, detect(1.5, arms, 800, ++seed), row.median, row.late);
  }
}

TEST(Simulation, ErrorsAtTwentyRequestsASecond) {
  struct Row {
    double rate, median, late;
  };
  const Row rows[] = {{1, 2.3, 4.6}, {0.5, 4.7, 9.1}, {0.2, 11.7, 21.5}, {0.05, 52, 112}};
  std::uint64_t seed = 200;
  for (const Row& row : rows) {
    char what[64];
    std::snprintf(what, sizeof what, "20/s, weight 10 %%, errors %g %%", row.rate * 100);
    const Arms arms(20, 0.1, row.rate, 0.001);
    expect_times(what, detect(1.5, arms, 800, ++seed), row.median, row.late);
  }
}

TEST(Simulation, FewRequestsAreHarmed) {
  const Detection some = detect(1.5, Arms(1000, 0.05, 0.05, 0.001), 800, 301);
  const Detection all = detect(1.5, Arms(1000, 0.05, 1, 0.001), 800, 302);
  std::printf("harmed: %g at 5 %% errors (design 4), %g at total failure (design 5)\n",
              quantile(some.harmed, 0.5), quantile(all.harmed, 0.5));
  EXPECT_NEAR(quantile(some.harmed, 0.5), 4, 1);
  EXPECT_NEAR(quantile(all.harmed, 0.5), 5, 1);
}

TEST(Simulation, AFaultAfterFiveMinutesOfHealth) {
  constexpr int kRuns = 150;
  Xoshiro256 random(400);
  const Arms healthy(1000, 0.5, 0.001, 0.001);
  const Arms faulty(1000, 0.5, 0.05, 0.001);
  Detection detection;
  for (int run = 0; run < kRuns; ++run) {
    EProcess process = make_regression_test(1.5);
    double harmed = 0;
    ASSERT_EQ(seconds_until_found(process, healthy, random, 300, harmed), kNever);
    detection.seconds.push_back(seconds_until_found(process, faulty, random, 100, harmed));
  }
  expect_times("late onset, weight 50 %, errors 5 %", detection, 1.6, 2.3);
}

// ---- latency
// -------------------------------------------------------------------------------------

// The part of lognormal durations (sigma 0.6), `slower` times as long as the baseline's, that
// exceeds 1.25 times the baseline's p90.
double slow_part(double slower) {
  const double z90 = 1.2815515655446004;
  const double z = z90 + std::log(1.25 / slower) / 0.6;
  return std::erfc(z / std::sqrt(2.0)) / 2;
}

TEST(Simulation, SlownessByP90) {
  struct Row {
    double slower, share, median, late;
  };
  const Row rows[] = {{1.5, 0.05, 8.7, 19}, {1.5, 0.25, 2.4, 5.3}, {2, 0.05, 1.2, 2.6},
                      {2, 0.25, 0.5, 0.8},  {3, 0.05, 0.4, 0.7},   {3, 0.25, 0.1, 0.3}};
  std::uint64_t seed = 500;
  for (const Row& row : rows) {
    char what[64];
    std::snprintf(what, sizeof what, "slower x%g, weight %g %%", row.slower, row.share * 100);
    const Arms arms(1000, row.share, slow_part(row.slower), 0.1);
    expect_times(what, detect(1, arms, 800, ++seed), row.median, row.late);
  }
}

TEST(Simulation, AsSlowAsAllowedIsHardlyEverFound) {
  constexpr int kRuns = 600;
  EXPECT_NEAR(slow_part(1.25), 0.1, 1e-12) << "the null hypothesis with equality";
  std::uint64_t seed = 550;
  for (const double slower : {1.0, 1.25}) {
    for (const double share : {0.05, 0.25}) {
      const Arms arms(1000, share, slow_part(slower), 0.1);
      const Detection detection = detect(1, arms, kRuns, ++seed, 30);
      const auto found = std::count_if(detection.seconds.begin(), detection.seconds.end(),
                                       [](double one) { return one < kNever; });
      EXPECT_LE(static_cast<double>(found) / kRuns, simulation::bound(1.0 / 400, kRuns)) << slower;
    }
  }
}

}  // namespace
}  // namespace sluice::rollout
