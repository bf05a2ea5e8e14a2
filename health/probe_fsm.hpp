#pragma once
// Decides from the results of its checks whether one endpoint is fit for traffic, and when to check
// it next. Pure: no sockets, no clock.
//
// Thread:    control thread only.
// Invariant: one that was up goes down after `fall` failures in a row and comes back after `rise`
//            passes in a row; the first result of all counts alone. Degraded is a way of being up:
//            it changes with each pass.
#include <chrono>
#include <cstdint>

#include "health/verdict.hpp"
#include "routing/spec.hpp"

namespace sluice::health {

enum class ProbeState : std::uint8_t { unknown, up, degraded, down };

constexpr bool is_up(ProbeState state) noexcept {
  return state == ProbeState::up || state == ProbeState::degraded;
}

class ProbeFsm {
 public:
  // True: state() has changed.
  bool step(const routing::HealthSpec& spec, Verdict verdict) noexcept;

  ProbeState state() const noexcept { return state_; }
  // Until the next check, without jitter. An endpoint that is not up, or about to be not, is looked
  // at more often.
  std::chrono::milliseconds pause(const routing::HealthSpec& spec) const noexcept;

 private:
  ProbeState state_ = ProbeState::unknown;
  std::uint32_t against_ = 0;  // results in a row that speak against the state
};

}  // namespace sluice::health
