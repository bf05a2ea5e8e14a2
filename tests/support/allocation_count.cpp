#include "tests/support/allocation_count.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace sluice::test {
namespace {

thread_local bool counted = false;
std::atomic<std::uint64_t> allocations{0};

}  // namespace

void count_allocations_of_this_thread() {
  counted = true;
}
std::uint64_t allocations_counted() {
  return allocations;
}

void* allocate(std::size_t size) {
  if (counted) allocations.fetch_add(1, std::memory_order_relaxed);
  void* const block = std::malloc(size);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}

}  // namespace sluice::test

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void* operator new(std::size_t size) {
  return sluice::test::allocate(size);
}
void* operator new[](std::size_t size) {
  return sluice::test::allocate(size);
}
void operator delete(void* block) noexcept {
  std::free(block);
}
void operator delete[](void* block) noexcept {
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
  std::free(block);
}
void operator delete[](void* block, std::size_t) noexcept {
  std::free(block);
}
#endif
