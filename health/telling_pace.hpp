#pragma once
// How often something may be told: ten times at once, then ten times a second. Pure.
//
// Source: the generic cell rate algorithm (ITU-T I.371): one time stamp instead of a bucket.
#include <algorithm>
#include <chrono>

namespace sluice::health {

class TellingPace {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // When the next time may be, not before `now`.
  Time next(Time now) const noexcept { return std::max(now, paid_until_ - kBurst * kEach); }
  // It is that time.
  void count(Time when) noexcept { paid_until_ = std::max(paid_until_, when) + kEach; }

 private:
  static constexpr std::chrono::milliseconds kEach{100};
  static constexpr int kBurst = 9;  // beyond the one that is due
  Time paid_until_{};
};

}  // namespace sluice::health
