#pragma once
// Decides from which age on a request is slow, so that slowness is a bad event like any other.
//
// T_q is the q-quantile of the baseline's durations over the previous 30 s. A request on the
// baseline is slow when older than T_q, one on the guarded upstream when older than (1 + tau) T_q,
// with 1 + tau = max_ratio. H0: the guarded upstream's requests are slow no more often: psi <= 1.
//
// Invariant: limits() is known before the tick in which it holds, so it cannot follow what it
// judges.
//         A request keeps the limits of the tick that placed it: with newer ones it might cross
//         twice or never. Counted when the age crosses, not at the end: what hangs has no end. A
//         failure before that age is infinitely slow: it crosses when it fails.
// Shape:  window of 30 slices of a second; right to a bucket of telemetry/histogram (10 %). Any
//         threshold is valid; only what it finds depends on it.
// Thread: the control thread's. Path: cold.
// Source: quantile tests by exceedance: Mathisen, Annals of Mathematical Statistics 14 (1943).
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "rollout/split_counts.hpp"
#include "telemetry/histogram.hpp"

namespace sluice::rollout {

// The baseline's recent durations.
class RecentDurations {
 public:
  static constexpr std::size_t kSlices = 30;

  // Once a tick: all durations of the baseline that were ever counted.
  void observe(const telemetry::HistogramSum& so_far);

  // None while nothing ended in the window.
  std::optional<std::chrono::microseconds> quantile(double q) const noexcept;

 private:
  std::uint64_t ticks_ = 0;
  std::vector<telemetry::HistogramSum> starts_;  // of the slices, a ring once it is full
  std::size_t oldest_ = 0;
  telemetry::HistogramSum window_;
};

struct SlowLimits {
  std::chrono::microseconds baseline;
  std::chrono::microseconds guarded;
};

// None: nobody is slow, for want of a baseline.
std::optional<SlowLimits> slow_limits(const RecentDurations& baseline, double quantile,
                                      double max_ratio) noexcept;

}  // namespace sluice::rollout
