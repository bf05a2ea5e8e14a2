#include "rollout/guard_evidence.hpp"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

GuardLimits usual_limits() {
  return {0.01,
          {error_limits(), latency_limits(0.9), latency_limits(0.99, "2s"),
           custom_limits("conversion", 1.5)},
          {}};
}

// One tick of the guard's food, most of it empty.
struct Tick {
  SplitCounts errors{};  // of requests, too: guarded_total and baseline_total
  std::uint64_t guarded_total = 0;
  std::uint64_t baseline_total = 0;
  SplitCounts slow{};  // by p90
  SplitCounts placebo{};
  SplitCounts placed{};
};

void feed(GuardEvidence& guard, const Tick& tick, int times = 1) {
  MetricTick metrics[4];
  metrics[0] = {{&tick.errors, 1},
                {&tick.placebo, 1},
                {tick.errors.guarded, tick.guarded_total},
                {tick.errors.baseline, tick.baseline_total}};
  metrics[1].bad = {&tick.slow, 1};
  for (int i = 0; i < times; ++i) guard.observe({metrics, {&tick.placed, 1}});
}

TEST(AlphaBudget, AddsUpToTheWhole) {
  EXPECT_NEAR(kErrorsBudget + 2 * kLatencyBudget + kCustomBudget, 1, 1e-12);
  const AlphaParts errors = divide_alpha(0.01 * kErrorsBudget, true);
  EXPECT_NEAR(1 / errors.relative, 400, 1e-9);
  EXPECT_NEAR(errors.relative + errors.ceiling, 0.004, 1e-15);
  EXPECT_EQ(divide_alpha(0.002, false).relative, 0.002);
}

TEST(GuardEvidence, WithoutTrafficThereIsNothingToSay) {
  GuardEvidence guard(usual_limits());
  feed(guard, {}, 10'000);
  const Verdict verdict = guard.verdict();
  EXPECT_EQ(verdict.finding, Finding::quiet);
  EXPECT_EQ(verdict.sentence, "no errors yet");
  EXPECT_EQ(verdict.bad, 0U);
  EXPECT_EQ(verdict.bounds, RatioBounds());
  EXPECT_FALSE(guard.uncalibrated());
  EXPECT_FALSE(guard.sample_ratio_mismatch());
  EXPECT_FALSE(guard.safe_to_advance());
}

TEST(GuardEvidence, SaysWhichMetricAndWhy) {
  GuardEvidence guard(usual_limits());
  feed(guard, {.errors = {0.05, 7, 1}, .guarded_total = 90, .baseline_total = 1700});
  const Verdict verdict = guard.verdict();
  EXPECT_EQ(verdict.finding, Finding::worse);
  EXPECT_EQ(verdict.metric, 0U);
  EXPECT_EQ(verdict.bad, 7U);
  EXPECT_EQ(verdict.events, 8U);
  EXPECT_NEAR(verdict.ratio, 133, 1e-9);
  EXPECT_GT(verdict.bounds.low, 1.5);
  EXPECT_GT(verdict.log_evidence, verdict.log_threshold);
  EXPECT_NEAR(std::exp(verdict.log_threshold), 400, 1e-6);
  EXPECT_EQ(
      verdict.sentence.rfind("7 of 8 errors came from the upstream with 5% of the requests: E", 0),
      0U)
      << verdict.sentence;
  EXPECT_NE(verdict.sentence.find("against 1/alpha = 400"), std::string::npos) << verdict.sentence;
}

TEST(GuardEvidence, TwoBadRequestsAreNeverEnough) {
  GuardLimits limits = usual_limits();
  limits.false_revert_probability = 0.1;
  limits.metrics[0] = error_limits(1.5, {}, 0.05);
  GuardEvidence guard(limits);
  feed(guard, {.errors = {0.001, 2, 0}, .guarded_total = 2, .baseline_total = 2000});
  EXPECT_GT(guard.metrics()[0].log_evidence(), guard.metrics()[0].log_threshold());
  EXPECT_EQ(guard.finding(), Finding::quiet);
  feed(guard, {.errors = {0.001, 1, 0}, .guarded_total = 1, .baseline_total = 2000});
  EXPECT_EQ(guard.finding(), Finding::worse);
}

TEST(GuardEvidence, WorseButBelowTheFloorIsNotWorthAReversion) {
  GuardEvidence guard(usual_limits());
  // 0.01 % beside next to nothing.
  feed(guard, {.errors = {0.5, 1, 0}, .guarded_total = 10'000, .baseline_total = 10'000}, 40);
  const MetricEvidence& errors = guard.metrics()[0];
  EXPECT_EQ(errors.recent().guarded(), 40U);
  EXPECT_EQ(guard.finding(), Finding::quiet);
  EXPECT_LT(errors.log_evidence(), 0) << "the lesser of the two";

  GuardLimits without = usual_limits();
  without.metrics[0] = error_limits(1.5, {}, 0.05);
  GuardEvidence strict(without);
  feed(strict, {.errors = {0.5, 1, 0}, .guarded_total = 10'000, .baseline_total = 10'000}, 40);
  EXPECT_EQ(strict.finding(), Finding::worse);
}

TEST(GuardEvidence, OverTheLimitAlone) {
  GuardEvidence guard(usual_limits());
  // Errors on both, the ratio is below 1.5, the baseline is within the limit.
  feed(guard, {.errors = {0.5, 65, 46}, .guarded_total = 1000, .baseline_total = 1000}, 20);
  const Verdict verdict = guard.verdict();
  EXPECT_EQ(verdict.finding, Finding::over_limit);
  EXPECT_EQ(verdict.metric, 0U);
  EXPECT_NEAR(std::exp(verdict.log_threshold), 2000.0 / 3, 1e-6);
  EXPECT_NE(verdict.sentence.find(" requests failed, at most 5% may: E = "), std::string::npos)
      << verdict.sentence;
}

TEST(GuardEvidence, BothOverTheLimitIsACommonCause) {
  GuardEvidence guard(usual_limits());
  feed(guard, {.errors = {0.05, 5, 95}, .guarded_total = 5, .baseline_total = 95}, 5);
  EXPECT_EQ(guard.verdict().finding, Finding::both_over_limit);
}

TEST(GuardEvidence, ABaselineThatFailsAloneIsNoFindingAgainstTheOther) {
  GuardEvidence guard(usual_limits());
  feed(guard, {.errors = {0.05, 0, 95}, .guarded_total = 5, .baseline_total = 95}, 1000);
  EXPECT_EQ(guard.finding(), Finding::quiet);
}

TEST(GuardEvidence, SlownessIsFoundByItsOwnThreshold) {
  GuardEvidence guard(usual_limits());
  feed(guard, {.slow = {0.25, 12, 8}}, 3);
  const Verdict verdict = guard.verdict();
  EXPECT_EQ(verdict.finding, Finding::worse);
  EXPECT_EQ(verdict.metric, 1U);
  EXPECT_NEAR(std::exp(verdict.log_threshold), 500, 1e-6);
  EXPECT_EQ(verdict.sentence.rfind("36 of 60 requests slower than p90 came from", 0), 0U)
      << verdict.sentence;
}

TEST(GuardEvidence, AnUncalibratedGuardActsByLimitsOnly) {
  GuardEvidence guard(usual_limits());
  feed(guard, {.placebo = {0.05, 10, 10}});
  EXPECT_TRUE(guard.uncalibrated());
  feed(guard, {.slow = {0.25, 50, 8}}, 3);
  EXPECT_TRUE(guard.metrics()[1].worse());
  EXPECT_EQ(guard.finding(), Finding::quiet);
  feed(guard, {.errors = {0.05, 50, 1}, .guarded_total = 50, .baseline_total = 900}, 20);
  EXPECT_EQ(guard.finding(), Finding::over_limit);
}

TEST(GuardEvidence, PlacementThatIsNotAsClaimedIsSaidAndRevertsNothing) {
  GuardEvidence guard(usual_limits());
  feed(guard, {.placed = {0.05, 20, 80}}, 10);
  EXPECT_TRUE(guard.sample_ratio_mismatch());
  EXPECT_EQ(guard.finding(), Finding::quiet);
}

TEST(GuardEvidence, IsSafeWhenAllItsMetricsAre) {
  GuardLimits limits{0.01, {error_limits(), latency_limits(0.9)}, {}};
  GuardEvidence guard(limits);
  SplitCounts none{0.5, 0, 0};
  SplitCounts slow{0.5, 2, 3};
  const auto feed_both = [&](int ticks) {
    const MetricTick metrics[] = {{{&none, 1}, {}, {0, 50}, {0, 50}}, {{&slow, 1}, {}, {}, {}}};
    for (int i = 0; i < ticks; ++i) guard.observe({metrics, {}});
  };
  feed_both(10);
  EXPECT_FALSE(guard.safe_to_advance());
  feed_both(200);
  EXPECT_TRUE(guard.safe_to_advance());
}

TEST(GuardEvidence, TheIntervalShownForALateOnsetIsThatOfTheOnset) {
  GuardLimits limits{0.01, {error_limits()}, {}};
  GuardEvidence guard(limits);
  const auto feed_errors = [&](SplitCounts errors, int ticks) {
    const MetricTick metric{{&errors, 1}, {}, {errors.guarded, 50}, {errors.baseline, 50}};
    for (int i = 0; i < ticks; ++i) guard.observe({{&metric, 1}, {}});
  };
  feed_errors({0.5, 1, 1}, 1000);
  EXPECT_EQ(guard.finding(), Finding::quiet);
  EXPECT_LT(guard.metrics()[0].overall_bounds().high, 1.5);
  feed_errors({0.5, 5, 1}, 30);
  const Verdict verdict = guard.verdict();
  EXPECT_EQ(verdict.finding, Finding::worse);
  EXPECT_GT(verdict.ratio, 3);
  EXPECT_LE(verdict.bounds.low, 5);
  EXPECT_GE(verdict.bounds.high, 5);
  EXPECT_GT(verdict.bounds.low, 1);
  EXPECT_LT(verdict.events, 200U);
}

}  // namespace
}  // namespace sluice::rollout
