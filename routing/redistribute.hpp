#pragma once
// Decides who takes the share of upstreams that have no endpoint left: the others, in proportion to
// their weights, but none more than a given multiple of its own share. What is beyond that is
// nobody's: a canary of 1 % must not be drowned in the traffic of a blue that is down.
//
// Thread: control thread. Path: cold.
#include <cstdint>
#include <span>
#include <vector>

#include "routing/split.hpp"

namespace sluice::routing {

struct SplitShare {
  std::uint32_t owner = 0;
  std::uint32_t weight = 0;
  bool available = true;
  std::uint32_t factor_max = 0;  // of its share, at most; 0: no bound
};

struct Redistribution {
  // Of new sessions. The weights as they were when no bound is met; in units of their own, and
  // perhaps with an owner kNobody, when one is. Those that are unavailable are left out.
  std::vector<WeightedOwner> all;
  // Of the sessions of those that are unavailable, in the same manner.
  std::vector<WeightedOwner> orphans;
};

inline constexpr std::uint32_t kNobody = 0xffffffffU;

Redistribution redistribute(std::span<const SplitShare> shares);

}  // namespace sluice::routing
