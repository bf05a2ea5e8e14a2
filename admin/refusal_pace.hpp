#pragma once
// How many refusals of strangers are written down: whoever reaches the listener without a token
// must not be able to fill the disk. Pure.
#include <chrono>
#include <cstdint>

namespace sluice::admin {

class RefusalPace {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::uint32_t kEachWindow = 1'200;
  static constexpr std::chrono::seconds kWindow{60};

  // One more. `written`: it gets a line. `left_out`: so many of the window before did not.
  struct Answer {
    bool written = true;
    std::uint64_t left_out = 0;
  };
  Answer count(Time now) {
    std::uint64_t left_out = 0;
    if (now - began_ >= kWindow) {
      left_out = count_ > kEachWindow ? count_ - kEachWindow : 0;
      began_ = now;
      count_ = 0;
    }
    return {++count_ <= kEachWindow, left_out};
  }

 private:
  Time began_{};
  std::uint64_t count_ = 0;
};

}  // namespace sluice::admin
