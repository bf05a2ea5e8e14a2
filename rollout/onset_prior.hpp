#pragma once
// How the probability of "it became worse in tick t" is spread before anything is seen.
//
// Half of it lies on tick 0: bad from the start. The other half lies on the ticks after it, in
// blocks of 1, 2, 4 ... seconds; block k holds 1/2 / ((k + 1)(k + 2)), evenly over its ticks. All
// blocks together hold 1/2, since the sum over k of 1 / ((k + 1)(k + 2)) is 1. A fault after t
// seconds without one costs at most about log(20 t log2(t)^2) of evidence.
//
// Source: mixtures over change points for e-processes: Shin, Ramdas & Rinaldo, "E-detectors",
//         New England Journal of Statistics in Data Science 2 (2024).
#include <bit>
#include <cstdint>

#include "rollout/split_counts.hpp"

namespace sluice::rollout {

enum class Onset : std::uint8_t {
  at_start,  // all on tick 0: what is true is true throughout
  any_time,
};

// The probability that lies on tick `ticks` and those after it. 1 for 0 ticks, and not increasing.
inline double onset_mass_from(Onset onset, std::uint64_t ticks) noexcept {
  if (ticks == 0) return 1;
  if (onset == Onset::at_start) return 0;
  // Block k begins at kTicksPerSecond * (2^k - 1), counted from tick 1.
  const std::uint64_t blocks = (ticks - 1) / kTicksPerSecond + 1;
  const auto k = static_cast<std::uint64_t>(std::bit_width(blocks)) - 1;
  const std::uint64_t length = kTicksPerSecond << k;
  const auto gone = static_cast<double>(ticks - 1 - (length - kTicksPerSecond));
  const double in_block = 0.5 / static_cast<double>((k + 1) * (k + 2));
  const double after_block = 0.5 / static_cast<double>(k + 2);
  return after_block + in_block * (1 - gone / static_cast<double>(length));
}

}  // namespace sluice::rollout
