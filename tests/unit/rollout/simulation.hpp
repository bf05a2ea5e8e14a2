#pragma once
// Traffic at the level of ticks, for the simulations: how many events each side of a split has.
//
// Shape:  requests arrive as a Poisson process, so the counts of what is bad or good on either side
//         are independent Poisson numbers. A draw is a look into a table.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "rollout/split_counts.hpp"

namespace sluice::rollout::simulation {

// A Poisson number of a fixed mean, by inversion; right to 1e-12.
class Poisson {
 public:
  explicit Poisson(double mean) {
    const double end = mean + 12 * std::sqrt(mean) + 25;
    double sum = 0;
    for (double k = 0; k < end; k += 1) {
      sum += std::exp(k * std::log(std::max(mean, 1e-300)) - mean - std::lgamma(k + 1));
      ends_.push_back(sum);
    }
    ends_.back() = 2;  // no draw goes beyond
    std::size_t k = 0;
    for (std::size_t i = 0; i < kGuide; ++i) {
      while (ends_[k] <= static_cast<double>(i) / kGuide) ++k;
      guide_[i] = ends_.data() + k;
    }
  }
  Poisson(const Poisson&) = delete;  // the guide points into ends_
  Poisson(Poisson&&) = default;

  std::uint64_t draw(Xoshiro256& random) const {
    const double u = static_cast<double>(random() >> 11U) * 0x1p-53;
    const double* end = guide_[static_cast<std::size_t>(u * kGuide)];
    while (*end <= u) ++end;
    return static_cast<std::uint64_t>(end - ends_.data());
  }

 private:
  static constexpr std::size_t kGuide = 64;
  std::vector<double> ends_;     // P(number <= k)
  const double* guide_[kGuide];  // where to begin to look
};

// Bad and good requests of one tick on both sides of a split.
class Arms {
 public:
  Arms(double requests_a_second, double share, double guarded_rate, double baseline_rate)
      : share_(share),
        guarded_bad_(per_tick(requests_a_second) * share * guarded_rate),
        guarded_good_(per_tick(requests_a_second) * share * (1 - guarded_rate)),
        baseline_bad_(per_tick(requests_a_second) * (1 - share) * baseline_rate),
        baseline_good_(per_tick(requests_a_second) * (1 - share) * (1 - baseline_rate)) {}

  SplitCounts bad(Xoshiro256& random) const {
    return {share_, guarded_bad_.draw(random), baseline_bad_.draw(random)};
  }
  SplitCounts good(Xoshiro256& random) const {
    return {share_, guarded_good_.draw(random), baseline_good_.draw(random)};
  }

 private:
  static double per_tick(double a_second) { return a_second / kTicksPerSecond; }

  double share_;
  Poisson guarded_bad_;
  Poisson guarded_good_;
  Poisson baseline_bad_;
  Poisson baseline_good_;
};

// The q-quantile of times, as the smallest that a part q of all does not exceed.
inline double quantile(std::vector<double> times, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(times.size()))) - 1;
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(rank), times.end());
  return times[rank];
}

// Three standard errors above `rate`, as a part of `runs`.
inline double bound(double rate, int runs) {
  return rate + 3 * std::sqrt(rate * (1 - rate) / runs);
}

}  // namespace sluice::rollout::simulation
