#include "rollout/split_counts.hpp"

#include <limits>
#include <vector>

#include <gtest/gtest.h>

#include "rollout/risk_grid.hpp"

namespace sluice::rollout {
namespace {

TEST(SplitTally, Table) {
  struct Row {
    const char* what;
    std::vector<SplitCounts> groups;
    double share, ratio;
  };
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Row rows[] = {
      {"nothing", {}, 0, 1},
      {"as the split", {{0.05, 5, 95}}, 0.05, 1},
      {"7 of 8 at 5 %", {{0.05, 7, 1}}, 0.05, 133},
      {"none on the baseline", {{0.05, 3, 0}}, 0.05, kInfinity},
      {"none on the guarded", {{0.05, 0, 3}}, 0.05, 0},
      {"twice the risk at two shares", {{0.5, 20, 10}, {0.2, 10, 20}}, 0.35, 2},
  };
  for (const Row& row : rows) {
    SplitTally tally;
    for (const SplitCounts& one : row.groups) tally.add(one);
    EXPECT_NEAR(tally.share(), row.share, 1e-12) << row.what;
    if (row.ratio == kInfinity) {
      EXPECT_EQ(tally.ratio(), row.ratio) << row.what;
    } else {
      EXPECT_NEAR(tally.ratio(), row.ratio, 1e-9) << row.what;
    }
  }
}

TEST(RiskGrid, HasTheThirtyThreeQuarterOctavesAndTwoMore) {
  const RatioGrid& grid = ratio_grid();
  EXPECT_DOUBLE_EQ(grid[0], 1.0 / 16);
  EXPECT_DOUBLE_EQ(grid[16], 1);
  EXPECT_DOUBLE_EQ(grid[20], 2);
  EXPECT_DOUBLE_EQ(grid[32], 16);
  EXPECT_DOUBLE_EQ(grid[33], 32);
  EXPECT_DOUBLE_EQ(grid[34], 100);
  EXPECT_EQ(ratios_above(1).size(), 18U);
  EXPECT_EQ(ratios_above(1.5).size(), 16U);
  EXPECT_EQ(ratios_below(2).size(), 20U);
  EXPECT_EQ(ratios_above(100), std::vector<double>{1000}) << "never empty";
  EXPECT_EQ(ratios_below(0.05), std::vector<double>{0.005}) << "never empty";
}

}  // namespace
}  // namespace sluice::rollout
