#pragma once
// How the probability of a false reversion in a guard run is divided among all that may cause one.
//
// Errors have 0.4 of it; p90, p99 and a custom metric 0.2 each. Where a metric has an absolute
// limit as well, either of two tests may be wrong, so its part is divided once more, 5 : 3. With
// the default of 0.01 errors so have 1/alpha = 400 relative to the baseline and 667 at the limit,
// and p90 500. The sum over all tests is at most the whole (union bound).
namespace sluice::rollout {

inline constexpr double kErrorsBudget = 0.4;
inline constexpr double kLatencyBudget = 0.2;  // of each of two quantiles
inline constexpr double kCustomBudget = 0.2;

struct AlphaParts {
  double relative = 0;
  double ceiling = 0;
};

constexpr AlphaParts divide_alpha(double alpha, bool has_ceiling) noexcept {
  if (!has_ceiling) return {alpha, 0};
  return {alpha * 5 / 8, alpha * 3 / 8};
}

}  // namespace sluice::rollout
