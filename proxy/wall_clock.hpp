#pragma once
// Seconds since 1970, for cookies. Coarse (a few ms), and cheap: no system call.
#include <cstdint>
#include <ctime>

namespace sluice::proxy {

inline std::uint64_t unix_seconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<std::uint64_t>(now.tv_sec);
}

}  // namespace sluice::proxy
