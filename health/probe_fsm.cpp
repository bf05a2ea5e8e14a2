#include "health/probe_fsm.hpp"

#include <algorithm>

namespace sluice::health {

bool ProbeFsm::step(const routing::HealthSpec& spec, Verdict verdict) noexcept {
  if (verdict == Verdict::none) return false;
  const ProbeState before = state_;
  const bool passed = verdict != Verdict::unhealthy;
  const bool agrees = state_ != ProbeState::unknown && passed == is_up(state_);
  against_ = agrees ? 0 : against_ + 1;
  const std::uint32_t needed = passed ? spec.rise : spec.fall;
  const bool turned = !agrees && (state_ == ProbeState::unknown || against_ >= needed);
  if (turned) against_ = 0;
  if (turned && !passed) state_ = ProbeState::down;
  if (passed && (turned || agrees))
    state_ = verdict == Verdict::degraded ? ProbeState::degraded : ProbeState::up;
  return state_ != before;
}

std::chrono::milliseconds ProbeFsm::pause(const routing::HealthSpec& spec) const noexcept {
  const bool settled = is_up(state_) && against_ == 0;
  return settled ? spec.interval : std::min(spec.interval, spec.down_interval);
}

}  // namespace sluice::health
