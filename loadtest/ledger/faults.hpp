#pragma once
// Breaks upstreams at random moments and mends them after a random while. The moments are counted
// in requests, so that a slow machine sees as many faults as a fast one.
//
// Thread: the main one, which owns the processes.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "loadtest/ledger/dice.hpp"
#include "loadtest/ledger/fleet.hpp"
#include "loadtest/ledger/line.hpp"

namespace ledger {

struct FaultCounts {
  std::uint64_t kills = 0;      // single endpoints
  std::uint64_t stops = 0;      // single endpoints
  std::uint64_t outages = 0;    // both endpoints of an upstream at once
  std::uint64_t blackouts = 0;  // all endpoints at once
  std::uint64_t reloads = 0;    // of the proxy: no fault at all, and nobody may notice
};

class Faults {
 public:
  Faults(Fleet& fleet, std::uint64_t seed) : fleet_(fleet), dice_(seed) {}

  // To be called every few milliseconds while requests run; `begun` is their number so far.
  void turn(std::uint64_t begun);
  void mend_all();
  const FaultCounts& counts() const noexcept { return counts_; }

 private:
  struct Repair {
    Clock::time_point at;
    Endpoint* endpoint;
  };
  void strike();
  void kill(Endpoint& endpoint, std::chrono::milliseconds down);
  void stop(Endpoint& endpoint, std::chrono::milliseconds time);
  void repair(Endpoint& endpoint);

  Fleet& fleet_;
  Dice dice_;
  std::uint64_t next_ = 0;
  Clock::time_point struck_ = Clock::now();
  std::vector<Repair> repairs_;
  FaultCounts counts_;
};

}  // namespace ledger
