#pragma once
// Decides whether requests are placed with the probability w that the weights say.
//
// H0: psi = 1, two-sided: the process of rollout/e_process over placements instead of bad events,
// with alternatives on both sides from 1 % to twelvefold. Reaching 1/0.001 says that placement or
// counting is broken, so that no other test may be believed.
//
// Shape:  fed with draws, one for each placement that was a chance of its own: not with requests
// that
//         follow a pin, nor with several requests of one key.
// Source: Lindon & Malek, NeurIPS 2022, section on sample ratio mismatch.
#include <cmath>
#include <vector>

#include "rollout/e_process.hpp"

namespace sluice::rollout {

inline constexpr double kSampleRatioAlpha = 0.001;

class SampleRatio {
 public:
  SampleRatio() : process_(alternatives(), 1, Onset::any_time) {}

  void observe(std::span<const SplitCounts> placed) noexcept { process_.observe(placed); }
  double log_evidence() const noexcept { return process_.log_evidence(); }
  bool mismatch() const noexcept { return process_.reaches(-std::log(kSampleRatioAlpha)); }

 private:
  // exp(+-0.01 2^k): a small deviation needs a near alternative, or nothing ever speaks for it.
  static std::vector<double> alternatives() {
    std::vector<double> ratios;
    for (int k = 0; k <= 8; ++k) {
      ratios.push_back(std::exp(std::ldexp(0.01, k)));
      ratios.push_back(std::exp(-std::ldexp(0.01, k)));
    }
    return ratios;
  }

  EProcess process_;
};

}  // namespace sluice::rollout
