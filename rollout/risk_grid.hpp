#pragma once
// The ratios of risks that the tests take as alternatives.
//
// Shape: 33 points from 1/16 to 16, a quarter of an octave apart, and 32 and 100 for an upstream
//        that fails altogether beside one that hardly ever does. A true ratio between two points
//        costs little: the nearer one is at most 9 % away.
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace sluice::rollout {

inline constexpr std::size_t kRatioCount = 35;
using RatioGrid = std::array<double, kRatioCount>;

inline const RatioGrid& ratio_grid() {
  static const RatioGrid kGrid = [] {
    RatioGrid grid{};
    for (std::size_t i = 0; i < 33; ++i) grid[i] = std::exp2((static_cast<double>(i) - 16) / 4);
    grid[33] = 32;
    grid[34] = 100;
    return grid;
  }();
  return kGrid;
}

// The ratios worse than `null_ratio`. Never empty: beyond the grid there is its tenfold.
inline std::vector<double> ratios_above(double null_ratio) {
  std::vector<double> ratios;
  for (const double ratio : ratio_grid())
    if (ratio > null_ratio) ratios.push_back(ratio);
  if (ratios.empty()) ratios.push_back(10 * null_ratio);
  return ratios;
}

// The ratios better than `null_ratio`. Never empty, in the same way.
inline std::vector<double> ratios_below(double null_ratio) {
  std::vector<double> ratios;
  for (const double ratio : ratio_grid())
    if (ratio < null_ratio) ratios.push_back(ratio);
  if (ratios.empty()) ratios.push_back(null_ratio / 10);
  return ratios;
}

}  // namespace sluice::rollout
