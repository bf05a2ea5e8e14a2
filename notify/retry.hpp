#pragma once
// What becomes of a message after an attempt to deliver it. Pure.
#include <algorithm>
#include <chrono>
#include <cstdint>

namespace sluice::notify {

enum class Fate : std::uint8_t { delivered, again, given_up };

inline constexpr std::chrono::seconds kFirstPause{1};
inline constexpr std::chrono::seconds kLongestPause{300};
inline constexpr std::chrono::hours kGivenUpAfter{24};

// `status`: of the answer; 0: there was none. What the receiver will never take is not sent again.
constexpr Fate fate_of(unsigned status, std::chrono::seconds age) noexcept {
  if (status >= 200 && status < 300) return Fate::delivered;
  const bool may_heal = status == 0 || status == 408 || status == 429 || status >= 500;
  return may_heal && age < kGivenUpAfter ? Fate::again : Fate::given_up;
}

// Before the next attempt, after so many that failed.
constexpr std::chrono::seconds pause_after(unsigned attempts) noexcept {
  const unsigned doublings = std::min(attempts == 0 ? 0U : attempts - 1, 16U);
  return std::min<std::chrono::seconds>(kFirstPause * (1U << doublings), kLongestPause);
}

}  // namespace sluice::notify
