#pragma once
// How much traffic each (route, upstream) had in the last ten seconds.
//
// Thread:    sample() on one; rates() on any. Both read the workers' counters and take no lock that
//            a worker takes.
// Path:      cold.
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "telemetry/catalogue.hpp"
#include "telemetry/shard.hpp"

namespace sluice::telemetry {

struct ArmRate {
  std::string route;
  std::string upstream;  // empty: what the route answers by itself
  double requests = 0;   // a second: placed there
  double errors = 0;     // a second: answered with 5xx
};

class RecentTraffic {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::chrono::seconds kWindow{10};
  static constexpr std::chrono::seconds kEach{1};  // how often sample() is to be called

  // The shards and the catalogue outlive this.
  RecentTraffic(std::vector<const Shard*> shards, const Catalogue& catalogue)
      : shards_(std::move(shards)), catalogue_(catalogue) {}

  void sample(Time now);
  // Of what is served now, in the order of their slots. Before the first sample all zero.
  std::vector<ArmRate> rates(Time now) const;

 private:
  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t errors = 0;
  };
  struct Sample {
    Time at;
    std::map<std::uint32_t, Counts> counts;  // by slot
  };
  Counts count(const ArmEntry& entry) const;

  std::vector<const Shard*> shards_;
  const Catalogue& catalogue_;
  mutable std::mutex mutex_;
  std::deque<Sample> samples_;  // oldest first, the first at most one step older than the window
};

}  // namespace sluice::telemetry
