#pragma once
// The two questions about the ratio psi of the guarded upstream's risk to the baseline's.
//
//   regression: is psi > max_ratio?   H0: psi <= psi0 = max_ratio; alternatives theta > psi0; onset
//               at any time. Reaching 1/alpha: worse, wrong with a probability of at most alpha.
//   safety:     is psi < harmless?    H0': psi >= psi_NI = harmless; alternatives theta < psi_NI;
//   true
//               throughout. Reaching 1/beta: safe to advance.
//   placebo:    the regression test with psi0 = 1, over a split of the baseline's own traffic. Its
//   null
//               hypothesis is true by construction, so reaching 1/alpha says that the counts do not
//               mean what the tests take them for. The split must be made as the real one is: by
//               key where placement is by key. Independent marks would hide what is to be found.
//
// Source: Lindon & Malek, NeurIPS 2022. See rollout/e_process for the formulas.
#include "rollout/e_process.hpp"

namespace sluice::rollout {

inline EProcess make_regression_test(double max_ratio) {
  return {ratios_above(max_ratio), max_ratio, Onset::any_time};
}

inline EProcess make_safety_test(double harmless_ratio) {
  return {ratios_below(harmless_ratio), harmless_ratio, Onset::at_start};
}

inline EProcess make_placebo_test() {
  return make_regression_test(1);
}

}  // namespace sluice::rollout
