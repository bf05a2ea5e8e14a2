#pragma once
// Decides about one metric of one guarded upstream: worse than the baseline, or over its limit.
//
//   worse:         E_rel >= 1/a and E_floor >= 1/a, with H0: psi <= max_ratio or r <= floor. Under
//   either
//                  half one of the two stays below but for a probability a, so both need no more.
//   over ceiling:  E_max >= 1/b, with H0: r <= ceiling.
// a + b is the metric's part of the budget (rollout/alpha_budget). Besides, at least 3 of the
// events that speak for it are on the guarded upstream, so that never a single request reverts.
//
// Thread: the control thread's. Path: cold. Pure.
// Source: the tests' own headers; intersection-union: Berger, Technometrics 24 (1982).
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "rollout/alpha_budget.hpp"
#include "rollout/rate_test.hpp"
#include "rollout/ratio_interval.hpp"
#include "rollout/relative_test.hpp"
#include "rollout/safe_to_advance.hpp"

namespace sluice::rollout {

inline constexpr std::uint64_t kBadMin = 3;
inline constexpr double kIntervalLevel = 0.05;

struct MetricLimits {
  std::string name;    // "p90", for labels
  std::string events;  // what is bad, in the plural: "errors"
  std::string over;    // what a request did that counts against the ceiling: "failed"
  double budget = 0;   // part of the guard's probability of a false reversion
  double max_ratio = 1;
  std::optional<double> floor;    // rate of bad requests not worth a reversion; in (0, 1)
  std::optional<double> ceiling;  // rate that always is; in (0, 1)
};

MetricLimits error_limits(double max_ratio = 1.5, std::optional<double> floor = 0.001,
                          std::optional<double> ceiling = 0.05);
// Slow by rollout/slow_threshold, which has the ratio of durations. `longest` names the duration
// that only a part 1 - quantile may exceed, "2s"; empty: none.
MetricLimits latency_limits(double quantile, const std::string& longest = {});
MetricLimits custom_limits(std::string name, double max_ratio);

// One tick of one metric.
struct MetricTick {
  std::span<const SplitCounts> bad;      // sticky traffic: what rollout/first_bad_events lets in
  std::span<const SplitCounts> placebo;  // bad events on the baseline, split as for a guarded one
  // Requests that ended or crossed the ceiling's age, and those of them that are bad for floor and
  // ceiling.
  RateCounts guarded;
  RateCounts baseline;
};

struct SafetyLimits {
  double harmless_ratio = 2;
  double beta = 0.05;
};

class MetricEvidence {
 public:
  MetricEvidence(MetricLimits limits, double false_revert_probability, const SafetyLimits& safety);

  void observe(const MetricTick& tick) noexcept;

  bool worse() const noexcept;
  bool over_ceiling() const noexcept;
  // The baseline's rate since its own likeliest onset is over the ceiling, too: the cause may be
  // common to both.
  bool baseline_over_ceiling() const noexcept;
  // The baseline seems worse than itself: `worse` is not to be believed.
  bool uncalibrated() const noexcept { return placebo_.reaches(relative_threshold_); }
  bool safe() const noexcept { return safety_.certified(beta_); }

  const MetricLimits& limits() const noexcept { return limits_; }
  // The evidence that decides `worse`, the lesser of two; and that of the ceiling.
  double log_evidence() const noexcept;
  double log_threshold() const noexcept { return relative_threshold_; }
  double ceiling_log_evidence() const noexcept { return ceiling_ ? ceiling_->log_evidence() : 0; }
  double ceiling_log_threshold() const noexcept { return ceiling_threshold_; }

  // Since the onset that explains the evidence best, and over the whole guard run. Both intervals
  // hold together with probability 1 - kIntervalLevel.
  const SplitTally& recent() const noexcept { return relative_.since().tally; }
  std::uint64_t onset_tick() const noexcept { return relative_.since().tick; }
  std::uint64_t ceiling_onset_tick() const noexcept {
    return ceiling_ ? ceiling_->onset_tick() : 0;
  }
  RatioBounds recent_bounds() const noexcept { return recent_bounds_.bounds(); }
  const SplitTally& overall() const noexcept { return overall_; }
  RatioBounds overall_bounds() const noexcept { return overall_bounds_.bounds(); }
  // Requests against the ceiling: guarded() of total() were bad.
  SplitTally ceiling_counts() const noexcept { return ceiling_ ? ceiling_->tally() : SplitTally(); }

 private:
  void observe_bounds(std::span<const SplitCounts> bad) noexcept;

  MetricLimits limits_;
  double relative_threshold_;
  double ceiling_threshold_;
  double beta_;
  EProcess relative_;
  EProcess placebo_;
  std::optional<RateTest> floor_;
  std::optional<RateTest> ceiling_;
  std::optional<RateTest> baseline_ceiling_;
  SafeToAdvance safety_;
  SplitTally overall_;
  RatioInterval overall_bounds_;
  RatioInterval recent_bounds_;
  double recent_onset_mass_ = 0;  // 0: nothing observed
  std::uint64_t recent_tick_ = 0;
};

}  // namespace sluice::rollout
