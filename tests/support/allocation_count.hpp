#pragma once
// Counts what one thread allocates. Not under sanitizers, which bring their own operator new.
#include <cstdint>

namespace sluice::test {

constexpr bool allocations_are_counted() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return false;
#else
  return true;
#endif
}

void count_allocations_of_this_thread();
std::uint64_t allocations_counted();

}  // namespace sluice::test
