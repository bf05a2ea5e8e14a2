#include "routing/redistribute.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::routing {
namespace {

constexpr double kWhole = 1U << 31U;  // what a total is scaled to when weights are no integers

double factor_max(const SplitShare& share) {
  return share.factor_max == 0 ? HUGE_VAL : share.factor_max;
}

struct Sums {
  double total = 0;
  double available = 0;
};

Sums sum_up(std::span<const SplitShare> shares) {
  Sums sums;
  for (const SplitShare& share : shares) {
    sums.total += share.weight;
    if (share.available) sums.available += share.weight;
  }
  return sums;
}

// The multiple of its weight that everybody gets who has no lower bound, so that all is given away;
// infinite when the bounds are too low for that. The lowest bounds are met first.
double find_level(std::vector<SplitShare> available, double total) {
  std::ranges::sort(available, {}, factor_max);
  double left = total;
  double weights = 0;
  for (const SplitShare& share : available) weights += share.weight;
  for (const SplitShare& share : available) {
    if (factor_max(share) >= left / weights) return left / weights;
    left -= factor_max(share) * share.weight;
    weights -= share.weight;
  }
  return HUGE_VAL;
}

std::uint32_t scaled(double part, double total) {
  return static_cast<std::uint32_t>(std::llround(std::max(0.0, part / total) * kWhole));
}

}  // namespace

Redistribution redistribute(std::span<const SplitShare> shares) {
  std::vector<SplitShare> available;
  for (const SplitShare& share : shares)
    if (share.available && share.weight > 0) available.push_back(share);
  const Sums sums = sum_up(shares);
  Redistribution out;
  const double level = available.empty() ? HUGE_VAL : find_level(available, sums.total);
  const bool bounded = std::ranges::any_of(
      available, [=](const SplitShare& share) { return factor_max(share) < level; });
  double given = 0;
  for (const SplitShare& share : available) {
    if (!bounded) {
      out.all.push_back({share.owner, share.weight});
      out.orphans.push_back({share.owner, share.weight});
      continue;
    }
    const double part = std::min(level, factor_max(share)) * share.weight;
    given += part;
    out.all.push_back({share.owner, scaled(part, sums.total)});
    out.orphans.push_back({share.owner, scaled(part - share.weight, sums.total - sums.available)});
  }
  if (bounded && level == HUGE_VAL) {
    out.all.push_back({kNobody, scaled(sums.total - given, sums.total)});
    out.orphans.push_back({kNobody, scaled(sums.total - given, sums.total - sums.available)});
  }
  return out;
}

}  // namespace sluice::routing
