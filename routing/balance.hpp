#pragma once
// Decides which endpoint of an upstream serves a request.
//
// Thread: BalanceState belongs to one worker. Path: hot, no allocation.
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "routing/snapshot.hpp"

namespace sluice::routing {

// The cursors of smooth weighted round robin for one worker and one snapshot. Workers start at
// random phases, so that they do not all send their first request to the same endpoint.
class BalanceState {
 public:
  BalanceState() = default;  // fits no snapshot; round robin then starts anew each time
  BalanceState(const Snapshot& snapshot, Xoshiro256& random);

  // The cursors of an upstream's endpoints, by endpoint index.
  std::span<std::int64_t> cursors(const Upstream& upstream) noexcept;

 private:
  std::vector<std::vector<std::int64_t>> cursors_;  // by upstream slot, endpoint index
};

struct BalanceInput {
  std::uint64_t key_hash = 0;                // consistent_hash
  std::span<const std::uint32_t> in_flight;  // by endpoint slot, this worker's; a slot beyond: 0
  std::span<const std::uint32_t> exclude;    // endpoint indices tried already
};

// The index of an available endpoint, or kNoIndex when there is none. Excluded ones are taken only
// when there is no other.
std::uint32_t pick_endpoint(const Upstream& upstream, BalanceState& state, Xoshiro256& random,
                            const BalanceInput& input) noexcept;

}  // namespace sluice::routing
