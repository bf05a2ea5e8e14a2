#include "rollout/metric_evidence.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdio>
#include <utility>

namespace sluice::rollout {
namespace {

// Without a ceiling its threshold is never reached.
double log_threshold_of(double alpha) {
  return -std::log(alpha);
}

std::optional<RateTest> test_above(std::optional<double> limit) {
  if (!limit) return std::nullopt;
  return RateTest::above(*limit);
}

std::string quantile_name(double quantile) {
  char text[32];
  std::snprintf(text, sizeof text, "p%.4g", quantile * 100);
  return text;
}

}  // namespace

MetricLimits error_limits(double max_ratio, std::optional<double> floor,
                          std::optional<double> ceiling) {
  return {"errors", "errors", "failed", kErrorsBudget, max_ratio, floor, ceiling};
}

MetricLimits latency_limits(double quantile, const std::string& longest) {
  const std::string name = quantile_name(quantile);
  MetricLimits limits{name, "requests slower than " + name, {}, kLatencyBudget, 1, {}, {}};
  if (longest.empty()) return limits;
  limits.over = "took longer than " + longest;
  limits.ceiling = 1 - quantile;
  return limits;
}

MetricLimits custom_limits(std::string name, double max_ratio) {
  std::string events = "bad events (" + name + ")";
  return {std::move(name), std::move(events), {}, kCustomBudget, max_ratio, {}, {}};
}

MetricEvidence::MetricEvidence(MetricLimits limits, double false_revert_probability,
                               const SafetyLimits& safety)
    : limits_(std::move(limits)),
      beta_(safety.beta),
      relative_(make_regression_test(limits_.max_ratio)),
      placebo_(make_placebo_test()),
      floor_(test_above(limits_.floor)),
      ceiling_(test_above(limits_.ceiling)),
      baseline_ceiling_(test_above(limits_.ceiling)),
      safety_(safety.harmless_ratio, limits_.floor),
      overall_bounds_(kIntervalLevel / 2),
      recent_bounds_(kIntervalLevel / 2) {
  const AlphaParts alpha =
      divide_alpha(false_revert_probability * limits_.budget, limits_.ceiling.has_value());
  relative_threshold_ = log_threshold_of(alpha.relative);
  ceiling_threshold_ = log_threshold_of(alpha.ceiling);
}

void MetricEvidence::observe(const MetricTick& tick) noexcept {
  assert(tick.guarded.bad <= tick.guarded.total && tick.baseline.bad <= tick.baseline.total);
  relative_.observe(tick.bad);
  placebo_.observe(tick.placebo);
  if (floor_) floor_->observe(tick.guarded);
  if (ceiling_) ceiling_->observe(tick.guarded);
  if (baseline_ceiling_) baseline_ceiling_->observe(tick.baseline);
  safety_.observe(tick.bad, tick.guarded);
  for (const SplitCounts& counts : tick.bad)
    if (counts.tells()) overall_.add(counts);
  observe_bounds(tick.bad);
}

// An interval for each onset s that may be shown holds at the level times the prior mass of s;
// these levels add up to no more than the whole.
void MetricEvidence::observe_bounds(std::span<const SplitCounts> bad) noexcept {
  overall_bounds_.observe(bad);
  const EProcess::Since& since = relative_.since();
  if (since.tick != recent_tick_ || since.onset_mass != recent_onset_mass_) {
    recent_tick_ = since.tick;
    recent_onset_mass_ = since.onset_mass;
    recent_bounds_ = RatioInterval(kIntervalLevel / 2 * since.onset_mass);
  }
  recent_bounds_.observe(bad);
}

double MetricEvidence::log_evidence() const noexcept {
  const double relative = relative_.log_evidence();
  return floor_ ? std::min(relative, floor_->log_evidence()) : relative;
}

bool MetricEvidence::worse() const noexcept {
  return recent().guarded() >= kBadMin && log_evidence() >= relative_threshold_;
}

bool MetricEvidence::over_ceiling() const noexcept {
  return ceiling_ && ceiling_->tally().guarded() >= kBadMin &&
         ceiling_->reaches(ceiling_threshold_);
}

// An estimate, not a test: both arms cross their thresholds at about the same time, and in which
// order is chance.
bool MetricEvidence::baseline_over_ceiling() const noexcept {
  if (!baseline_ceiling_) return false;
  const SplitTally& tally = baseline_ceiling_->tally();
  return static_cast<double>(tally.guarded()) >
         *limits_.ceiling * static_cast<double>(tally.total());
}

}  // namespace sluice::rollout
