#pragma once
// Measures the evidence that one side of a split has a larger (or smaller) risk than a null
// hypothesis allows, from nothing but which side each bad event came from.
//
// The split placed each request itself, on the guarded upstream with the known probability w. If
// the guarded risk is psi times the baseline's, a bad event is a guarded one (x = 1, else 0) with
//   p(psi) = psi w / (psi w + 1 - w),
// whatever the rate of errors does over time. For an alternative theta and the null ratio psi0
//   L(theta) = (theta / psi0)^x (psi0 w + 1 - w) / (theta w + 1 - w)
// has expectation 1 at psi = psi0, less than 1 for psi < psi0 if theta > psi0, and for psi > psi0
// if theta < psi0. With pi_t the prior of an onset in tick t (rollout/onset_prior) and L_t the
// product over a tick's events,
//   A_theta <- (A_theta + pi_t) L_t(theta),   E = mean_theta A_theta + (1 - sum_{s <= t} pi_s)
// is a supermartingale that begins at 1, so that P(E ever reaches 1/alpha) <= alpha under the null
// hypothesis, however often one looks.
//
// Thread: the control thread's. Path: cold, ten times a second; nothing at all in a tick without
//         events. Pure: no clock.
// Shape:  one double an alternative, kept as a plain number between 1e-300 and 1e300. What is cut
//         above makes E smaller; what is added below is less than 1e-290 in any run: the statement
//         above holds. (Without a later onset, a value of 0 could never grow again.)
// Units:  evidence in natural logarithms.
// Invariant: order and grouping of a tick's events do not matter, but for rounding. A tick without
//         events changes nothing but the tick's number. Never NaN, never infinite.
// Source: Ville, "Etude critique de la notion de collectif", 1939; Lindon & Malek, "Anytime-Valid
//         Inference for Multinomial Count Data", NeurIPS 2022; Ramdas, Gruenwald, Vovk & Shafer,
//         "Game-theoretic statistics and safe anytime-valid inference", Statistical Science 2023.
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "rollout/onset_prior.hpp"
#include "rollout/risk_grid.hpp"
#include "rollout/split_counts.hpp"

namespace sluice::rollout {

class EProcess {
 public:
  // Alternatives may lie on both sides of null_ratio only if the null hypothesis is the one point.
  EProcess(std::span<const double> alternatives, double null_ratio, Onset onset);

  // One tick: the events of all its groups.
  void observe(std::span<const SplitCounts> groups) noexcept;

  double log_evidence() const noexcept;
  bool reaches(double log_threshold) const noexcept { return log_evidence() >= log_threshold; }

  // What speaks for the alternatives: the events since the onset that explains them best, in the
  // manner of a CUSUM: it begins anew when what it has is outweighed by an onset now.
  struct Since {
    std::uint64_t tick = 0;
    double onset_mass = 1;  // the prior probability of just this onset
    SplitTally tally;
  };
  const Since& since() const noexcept { return since_; }
  std::uint64_t ticks() const noexcept { return ticks_; }

 private:
  using Values = std::array<double, kRatioCount>;

  void use_share(double share) noexcept;
  void add_logs(const SplitCounts& counts) noexcept;
  void begin_anew_if_outweighed(double mass) noexcept;
  void multiply(double mass) noexcept;
  double mean(const Values& values) const noexcept;

  std::size_t count_ = 0;
  double null_ratio_;
  Onset onset_;
  Values ratios_{};
  Values log_gain_{};  // log(theta / psi0)
  double share_ = 0;   // for which log_cost_ holds
  Values log_cost_{};  // log((psi0 w + 1 - w) / (theta w + 1 - w))

  std::uint64_t ticks_ = 0;
  std::uint64_t applied_ = 0;  // ticks whose prior is in the values
  Values values_{};            // A
  Values logs_{};              // log L of the tick at hand
  Since since_;
  std::uint64_t quiet_from_ = 0;  // the tick after the last with events
  Values run_{};                  // product of L since since_.tick
};

}  // namespace sluice::rollout
