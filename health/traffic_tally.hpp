#pragma once
// What the workers counted at the endpoints, as differences from one look to the next.
//
// Thread: control thread; the workers' counters are read without a lock. Path: cold.
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "health/outlier_fsm.hpp"
#include "telemetry/shard.hpp"

namespace sluice::health {

class TrafficTally {
 public:
  // The shards outlive this.
  explicit TrafficTally(std::vector<const telemetry::Shard*> shards) : shards_(std::move(shards)) {}

  // Since the last time it was asked; nothing the first time, whatever there was before.
  // `server_errors`: responses of 5xx are failures.
  Traffic take(std::uint32_t endpoint_slot, bool server_errors);
  // The next time is the first again.
  void forget(std::uint32_t endpoint_slot) { taken_.erase(endpoint_slot); }

 private:
  struct Totals {
    std::uint64_t successes = 0;
    std::uint64_t server_errors = 0;
    std::uint64_t failures = 0;
    std::uint64_t longest_run = 0;
    std::uint64_t in_flight = 0;
  };
  Totals read(std::uint32_t slot) const;

  std::vector<const telemetry::Shard*> shards_;
  std::map<std::uint32_t, Totals> taken_;  // by slot, as they were then
};

}  // namespace sluice::health
