#include "health/outlier_fsm.hpp"

#include <algorithm>

namespace sluice::health {

bool OutlierFsm::observe(const routing::OutlierSpec& spec, const Traffic& traffic) noexcept {
  in_flight_ = traffic.in_flight;
  if (ejected_) return false;
  const std::uint64_t ended = traffic.successes + traffic.failures;
  const std::uint64_t failures = traffic.failures - std::min(old_ones_, traffic.failures);
  old_ones_ -= std::min(old_ones_, ended);
  // Each worker knows the order of its own requests only. Without a success anywhere the failures
  // of all make one run.
  const std::uint64_t run = failures > 0 ? traffic.run : 0;
  failures_ = traffic.successes > 0 ? run : failures_ + failures;
  return spec.consecutive_failures > 0 && std::max(failures_, run) >= spec.consecutive_failures;
}

void OutlierFsm::eject(const routing::OutlierSpec& spec, SteadyTime now) noexcept {
  const bool again = length_.count() > 0 && now - until_ < length_;
  length_ = std::min(again ? 2 * length_ : spec.base_ejection, spec.max_ejection);
  until_ = now + length_;
  ejected_ = true;
  failures_ = 0;
}

bool OutlierFsm::tick(SteadyTime now) noexcept {
  if (!ejected_ || now < until_) return false;
  pardon();
  return true;
}

void OutlierFsm::pardon() noexcept {
  ejected_ = false;
  old_ones_ = in_flight_;
}

}  // namespace sluice::health
