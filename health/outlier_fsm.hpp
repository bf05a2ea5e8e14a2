#pragma once
// Decides from the traffic itself when one endpoint is to be taken out, and for how long. Pure: no
// sockets, no clock. Whether it may be (others must be left) is the board's to decide.
//
// Thread: control thread only.
// Shape:  what was sent before the ejection and fails after the return does not count. One that
//         is back and fails the first new request of a worker goes out at once: the worker's run
//         has not ended.
// Source: Envoy's outlier detection for the consecutive failures and the ejection that grows.
#include <chrono>
#include <cstdint>

#include "routing/spec.hpp"

namespace sluice::health {

using SteadyTime = std::chrono::steady_clock::time_point;

// What all workers counted at one endpoint since the last time.
struct Traffic {
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  std::uint64_t run = 0;  // failures without a success between them, now; of the worker with most
  std::uint64_t in_flight = 0;  // now
  friend bool operator==(const Traffic&, const Traffic&) = default;
};

class OutlierFsm {
 public:
  // True: it has failed often enough in a row to be taken out. Not while it is out.
  bool observe(const routing::OutlierSpec& spec, const Traffic& traffic) noexcept;

  // Takes it out; twice as long as the last time if it has not been in for as long as that.
  void eject(const routing::OutlierSpec& spec, SteadyTime now) noexcept;
  // True: its time is over, it is back in.
  bool tick(SteadyTime now) noexcept;
  // Ends its time before that.
  void pardon() noexcept;

  bool ejected() const noexcept { return ejected_; }
  SteadyTime until() const noexcept { return until_; }  // while ejected

 private:
  bool ejected_ = false;
  std::uint64_t failures_ = 0;   // since the last tick with a success
  std::uint64_t in_flight_ = 0;  // when it was asked last
  std::uint64_t old_ones_ = 0;   // requests from before its return that have not ended
  std::chrono::milliseconds length_{0};
  SteadyTime until_{};
};

}  // namespace sluice::health
