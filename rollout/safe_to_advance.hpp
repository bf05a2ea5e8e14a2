#pragma once
// Decides whether enough is known to give the guarded upstream more weight.
//
// Safe: the risk is less than `harmless_ratio` times the baseline's, or the rate of bad requests is
// at most `floor`. Without errors on the baseline the first can never be certified, hence the
// second. Both are asked, so their evidence is averaged: if neither is true, each has an
// expectation of at most 1 and so has the mean, and P(certified) <= beta.
//
// Shape:  about the time since it began. Begin a new one with each step of a rollout.
// Source: averages of e-values: Vovk & Wang, "E-values: calibration, combination and applications",
//         Annals of Statistics 2021.
#include <algorithm>
#include <cmath>
#include <optional>

#include "rollout/rate_test.hpp"
#include "rollout/relative_test.hpp"

namespace sluice::rollout {

class SafeToAdvance {
 public:
  // Without a floor only the ratio can be certified.
  SafeToAdvance(double harmless_ratio, std::optional<double> floor)
      : ratio_(make_safety_test(harmless_ratio)) {
    if (floor) rate_.emplace(RateTest::at_most(*floor));
  }

  void observe(std::span<const SplitCounts> bad, const RateCounts& guarded) noexcept {
    ratio_.observe(bad);
    if (rate_) rate_->observe(guarded);
  }

  double log_evidence() const noexcept {
    if (!rate_) return ratio_.log_evidence();
    const double one = ratio_.log_evidence();
    const double other = rate_->log_evidence();
    return std::max(one, other) + std::log((1 + std::exp(-std::abs(one - other))) / 2);
  }
  bool certified(double beta) const noexcept { return log_evidence() >= -std::log(beta); }

 private:
  EProcess ratio_;
  std::optional<RateTest> rate_;
};

}  // namespace sluice::rollout
