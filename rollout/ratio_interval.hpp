#pragma once
// The interval that holds the ratio of risks psi, at every look at once, with probability 1 -
// level.
//
// With l(theta) the log-likelihood of all events, sum of x log theta - log(theta w + 1 - w):
//   { theta : l(theta) >= log sum_j v_j e^{l(theta_j)} + log level },  v uniform over the grid,
// since under psi = theta the mixture over l(theta) is a martingale that begins at 1. Intersected
// over time, for a psi that stays what it is; if nothing is left, it has not stayed.
//
// Shape:  l is concave in log theta, so a line through two neighbouring grid points bounds it from
//         above everywhere else. Where the lines on either side of an end meet the limit, or at the
//         next point that is out, are ends that are never too narrow.
// Thread: the control thread's. Path: cold. Pure.
// Source: Waudby-Smith & Ramdas, "Confidence sequences for sampling without replacement", NeurIPS
//         2020 (prior-posterior ratio, running intersection).
#include <cstddef>
#include <limits>
#include <span>

#include "rollout/risk_grid.hpp"
#include "rollout/split_counts.hpp"

namespace sluice::rollout {

struct RatioBounds {
  double low = 0;
  double high = std::numeric_limits<double>::infinity();
  friend bool operator==(const RatioBounds&, const RatioBounds&) = default;
};

class RatioInterval {
 public:
  explicit RatioInterval(double level) : level_(level) {}

  // One tick.
  void observe(std::span<const SplitCounts> groups) noexcept;

  // The intersection so far, or what holds now if the ratio has moved.
  RatioBounds bounds() const noexcept { return moved() ? now_ : all_; }
  // No one ratio explains all events. Wrong with a probability of at most `level`.
  bool moved() const noexcept { return all_.low > all_.high; }

 private:
  void use_share(double share) noexcept;
  RatioBounds bounds_now() const noexcept;

  double level_;
  double share_ = 0;      // for which log_odds_ holds
  RatioGrid log_odds_{};  // log(theta w + 1 - w)
  RatioGrid logs_{};      // l
  RatioBounds now_;
  RatioBounds all_;
};

}  // namespace sluice::rollout
