#include "rollout/slow_threshold.hpp"

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

class Baseline {
 public:
  void add(milliseconds duration, int times) {
    for (int i = 0; i < times; ++i) histogram_.add(duration);
  }
  void tick(RecentDurations& recent, int times = 1) const {
    telemetry::HistogramSum sum;
    sum.add(histogram_);
    for (int i = 0; i < times; ++i) recent.observe(sum);
  }

 private:
  telemetry::Histogram histogram_;
};

TEST(SlowThreshold, NobodyIsSlowWithoutABaseline) {
  RecentDurations recent;
  EXPECT_FALSE(slow_limits(recent, 0.9, 1.25));
  Baseline().tick(recent);
  EXPECT_FALSE(slow_limits(recent, 0.9, 1.25));
}

TEST(SlowThreshold, IsTheQuantileAndTheRatioAboveIt) {
  RecentDurations recent;
  Baseline baseline;
  baseline.tick(recent);
  baseline.add(milliseconds(10), 90);
  baseline.add(milliseconds(100), 10);
  baseline.tick(recent);
  const auto p90 = slow_limits(recent, 0.9, 1.25);
  ASSERT_TRUE(p90);
  EXPECT_EQ(p90->baseline, milliseconds(10));
  EXPECT_EQ(p90->guarded, microseconds(12'500));
  const auto p99 = slow_limits(recent, 0.99, 1.5);
  ASSERT_TRUE(p99);
  EXPECT_EQ(p99->baseline, milliseconds(100));
  EXPECT_EQ(p99->guarded, milliseconds(150));
}

TEST(SlowThreshold, WhatWasThereBeforeTheFirstTickIsNotRecent) {
  RecentDurations recent;
  Baseline baseline;
  baseline.add(milliseconds(500), 1000);
  baseline.tick(recent);
  EXPECT_FALSE(recent.quantile(0.5));
}

TEST(SlowThreshold, ForgetsAfterThirtySeconds) {
  RecentDurations recent;
  Baseline baseline;
  baseline.tick(recent);
  baseline.add(milliseconds(500), 100);
  baseline.tick(recent, 10);
  baseline.add(milliseconds(10), 50);
  baseline.tick(recent, 285);
  EXPECT_EQ(recent.quantile(0.5), milliseconds(500));
  baseline.tick(recent, 10);
  EXPECT_EQ(recent.quantile(0.5), milliseconds(10));
  baseline.tick(recent, 20);
  EXPECT_FALSE(recent.quantile(0.5)) << "nothing ended for as long as that";
  baseline.add(milliseconds(20), 1);
  baseline.tick(recent, 290);
  EXPECT_EQ(recent.quantile(0.5), milliseconds(20));
  baseline.tick(recent, 20);
  EXPECT_FALSE(recent.quantile(0.5)) << "nor in the rounds after the first";
}

}  // namespace
}  // namespace sluice::rollout
