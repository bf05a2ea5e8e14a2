#include "rollout/canary_share.hpp"

#include <cmath>
#include <cstdint>
#include <numeric>

namespace sluice::rollout {
namespace {

constexpr std::uint64_t kWhole = 10'000;

}  // namespace

std::vector<routing::WeightSpec> with_share(const std::vector<routing::WeightSpec>& weights,
                                            const std::string& stable, const std::string& canary,
                                            double share) {
  std::uint64_t sum = 0;
  for (const auto& one : weights) sum += one.weight;
  std::vector<routing::WeightSpec> out = weights;
  std::uint64_t pool = kWhole;
  for (auto& one : out) {
    if (one.upstream == stable || one.upstream == canary) continue;
    one.weight = sum == 0 ? 0 : static_cast<std::uint32_t>(one.weight * kWhole / sum);
    pool -= one.weight;
  }
  const auto given = static_cast<std::uint64_t>(std::llround(static_cast<double>(pool) * share));
  std::uint64_t divisor = 0;
  for (auto& one : out) {
    if (one.upstream == canary) one.weight = static_cast<std::uint32_t>(given);
    if (one.upstream == stable) one.weight = static_cast<std::uint32_t>(pool - given);
    divisor = std::gcd(divisor, one.weight);
  }
  for (auto& one : out)
    if (divisor > 0) one.weight = static_cast<std::uint32_t>(one.weight / divisor);
  // 0 and 1 say nothing to people.
  if (divisor == kWhole)
    for (auto& one : out) one.weight *= 100;
  return out;
}

}  // namespace sluice::rollout
