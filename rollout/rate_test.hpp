#pragma once
// Compares the rate r of bad requests on one upstream with a fixed limit delta.
//
//   above:    is r > delta?   H0: r <= delta; onset at any time. For the floor below which errors
//   are
//             not worth a reversion, and for the ceiling above which they always are.
//   at most:  is r <= delta?  H0: r >= delta; true throughout. For "error rate <= floor" where the
//             baseline has too few errors for a ratio. n requests without any certify at 1/beta
//             when n = log(1/beta) / delta, and a little more for the mixture: 3.4 / delta at 0.05.
//
// With q = theta delta / (1 - delta + theta delta), i.e. odds theta times those of delta, the
// factor
//   (q / delta)^x ((1 - q) / (1 - delta))^(n - x) = theta^x (1 / (1 - delta + theta delta))^n
// is L(theta) of rollout/e_process with w = delta, psi0 = 1, bad requests for the guarded side and
// good ones for the baseline's. So it is the same process over another pair of counts.
//
// Shape:  valid if each request, whatever came before it, is bad with a probability that the null
//         hypothesis allows. Users whose requests always fail make runs: a limit says how many
//         *requests* may fail, whoever sends them.
// Source: Wald, "Sequential Tests of Statistical Hypotheses", 1945; Waudby-Smith & Ramdas,
//         "Estimating means of bounded random variables by betting", JRSS B 2024.
#include <array>
#include <span>

#include "rollout/e_process.hpp"

namespace sluice::rollout {

class RateTest {
 public:
  // limit in (0, 1)
  static RateTest above(double limit) { return {limit, ratios_above(1), Onset::any_time}; }
  static RateTest at_most(double limit) {
    // 2^-10 stands for "none at all".
    static constexpr std::array<double, 5> kBelow = {0x1p-10, 0x1p-4, 0x1p-3, 0x1p-2, 0x1p-1};
    return {limit, kBelow, Onset::at_start};
  }

  void observe(const RateCounts& counts) noexcept {
    const SplitCounts split{limit_, counts.bad, counts.total - counts.bad};
    process_.observe({&split, 1});
  }

  double limit() const noexcept { return limit_; }
  double log_evidence() const noexcept { return process_.log_evidence(); }
  bool reaches(double log_threshold) const noexcept { return process_.reaches(log_threshold); }
  std::uint64_t onset_tick() const noexcept { return process_.since().tick; }
  // guarded() are the bad requests, total() all of them.
  const SplitTally& tally() const noexcept { return process_.since().tally; }

 private:
  RateTest(double limit, std::span<const double> odds_ratios, Onset onset)
      : limit_(limit), process_(odds_ratios, 1, onset) {}

  double limit_;
  EProcess process_;
};

}  // namespace sluice::rollout
