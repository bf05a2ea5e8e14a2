// Slowness from single requests: durations of the baseline give the threshold, each request crosses
// it at its age, and one that hangs never ends.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "rollout/metric_evidence.hpp"
#include "rollout/slow_threshold.hpp"
#include "tests/unit/rollout/simulation.hpp"

namespace sluice::rollout {
namespace {

using simulation::quantile;
using std::chrono::microseconds;

constexpr double kShare = 0.05;
constexpr int kRequestsPerTick = 100;
constexpr double kTickUs = 1e5;
constexpr double kNeverEnds = 1e12;

class Service {
 public:
  explicit Service(std::uint64_t seed) : random_(seed), slow_(kRing) {}

  // A tick in which guarded requests take `slower` times as long; none: all go to the baseline.
  // Answers the requests that became slow in it.
  SplitCounts tick(std::optional<double> slower) {
    const auto limits = slow_limits(recent_, 0.9, 1.25);
    SplitCounts& now = slow_[tick_ % kRing];
    for (int i = 0; i < kRequestsPerTick; ++i) place(slower, limits);
    const SplitCounts counted{kShare, now.guarded, now.baseline};
    now = {};
    telemetry::HistogramSum sum;
    sum.add(durations_);
    recent_.observe(sum);
    ++tick_;
    return counted;
  }

 private:
  static constexpr std::uint64_t kRing = 64;

  double uniform() { return (static_cast<double>(random_() >> 11U) + 0.5) * 0x1p-53; }

  // Lognormal: median 20 ms, sigma 0.6.
  double duration_us() {
    const double z =
        std::sqrt(-2 * std::log(uniform())) * std::cos(2 * std::numbers::pi * uniform());
    return 20'000 * std::exp(0.6 * z);
  }

  void place(std::optional<double> slower, const std::optional<SlowLimits>& limits) {
    const bool guarded = slower && uniform() < kShare;
    const double duration = duration_us() * (guarded ? *slower : 1);
    if (!guarded) durations_.add(microseconds(static_cast<std::int64_t>(duration)));
    if (!limits || !slower) return;
    const auto limit = static_cast<double>((guarded ? limits->guarded : limits->baseline).count());
    if (duration <= limit) return;
    const auto ticks_later = static_cast<std::uint64_t>(uniform() + limit / kTickUs);
    SplitCounts& then = slow_[(tick_ + ticks_later) % kRing];
    ++(guarded ? then.guarded : then.baseline);
  }

  Xoshiro256 random_;
  telemetry::Histogram durations_;
  RecentDurations recent_;
  std::vector<SplitCounts> slow_;  // by tick of crossing
  std::uint64_t tick_ = 0;
};

// Seconds until a guard of p90 speaks, from the first request on; 30 if it does not.
std::vector<double> detect(double slower, int runs, std::uint64_t seed) {
  Service service(seed);
  for (int tick = 0; tick < 310; ++tick) service.tick({});
  std::vector<double> times;
  for (int run = 0; run < runs; ++run) {
    MetricEvidence p90(latency_limits(0.9), 0.01, {});
    int tick = 0;
    while (tick < 300 && !p90.worse()) {
      const SplitCounts slow = service.tick(slower);
      p90.observe({{&slow, 1}, {}, {}, {}});
      ++tick;
    }
    times.push_back(tick / 10.0);
    for (int pause = 0; pause < 20; ++pause) service.tick({});
  }
  return times;
}

TEST(LatencySimulation, SlowAndHangingUpstreamsAreFoundWithinTheirTime) {
  struct Row {
    const char* what;
    double slower, median_max;
  };
  const Row rows[] = {{"x2", 2, 2}, {"x3", 3, 1}, {"hangs", kNeverEnds, 0.5}};
  for (const Row& row : rows) {
    const auto times = detect(row.slower, 40, 7);
    std::printf("p90, weight 5 %%, %-6s %4.1f / %4.1f\n", row.what, quantile(times, 0.5),
                quantile(times, 0.95));
    EXPECT_LE(quantile(times, 0.5), row.median_max) << row.what;
    EXPECT_LE(quantile(times, 0.95), 3 * row.median_max) << row.what;
  }
}

TEST(LatencySimulation, AsFastAsAllowedIsLeftAlone) {
  for (const double slower : {0.8, 1.0, 1.2}) {
    for (const double time : detect(slower, 8, 8)) EXPECT_EQ(time, 30) << slower;
  }
}

}  // namespace
}  // namespace sluice::rollout
