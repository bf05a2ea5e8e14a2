#pragma once
// Fetching into the cache what will be used soon (docs/adr/0017).
//
// Thread: any.   Path: hot.
#include <cstddef>

namespace sluice::net {

// Shape: only the address is used; what is there need not be alive.
inline void fetch_lines(const void* begin, std::size_t bytes) noexcept {
  constexpr std::size_t kLine = 64;
  for (std::size_t at = 0; at < bytes; at += kLine)
    __builtin_prefetch(static_cast<const char*>(begin) + at);
}

}  // namespace sluice::net
