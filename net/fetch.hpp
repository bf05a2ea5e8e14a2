#pragma once
// Fetching into the cache what will be used soon (docs/adr/0017).
//
// Thread: any.   Path: hot.
#include <cstddef>
#include <cstdint>

namespace sluice::net {

// Memory by its address alone: it is fetched, never read through this, so it need not be alive.
struct Memory {
  std::uintptr_t begin = 0;
  std::size_t bytes = 0;
};

inline Memory memory_of(const void* begin, std::size_t bytes) noexcept {
  return {reinterpret_cast<std::uintptr_t>(begin), bytes};
}

inline void fetch_lines(Memory memory) noexcept {
  constexpr std::uintptr_t kLine = 64;
  const std::uintptr_t end = memory.begin + memory.bytes;
  for (std::uintptr_t at = memory.begin & ~(kLine - 1); at < end; at += kLine)
    __builtin_prefetch(reinterpret_cast<const void*>(at));
}

inline void fetch_lines(const void* begin, std::size_t bytes) noexcept {
  fetch_lines(memory_of(begin, bytes));
}

}  // namespace sluice::net
