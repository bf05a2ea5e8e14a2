#include "net/frame_pool.hpp"

#include <array>
#include <new>

#include "net/fetch.hpp"

namespace sluice::net {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kPooled = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kPooled = false;
#else
constexpr bool kPooled = true;
#endif
#else
constexpr bool kPooled = true;
#endif

constexpr std::size_t kGrain = 64;
constexpr std::size_t kLargest = 4096;

struct FreeBlock {
  FreeBlock* next;
};

struct FreeLists {
  std::array<FreeBlock*, kLargest / kGrain + 1> heads{};

  ~FreeLists() {
    for (FreeBlock*& head : heads) {
      while (head != nullptr) {
        FreeBlock* const next = head->next;
        ::operator delete(head);
        head = next;
      }
    }
  }
};

thread_local FreeLists free_lists;

constexpr std::size_t size_class(std::size_t size) noexcept {
  return (size + kGrain - 1) / kGrain;
}

}  // namespace

void* take_block(std::size_t size) {
  if (!kPooled || size > kLargest) return ::operator new(size);
  FreeBlock*& head = free_lists.heads[size_class(size)];
  if (head == nullptr) return ::operator new(size_class(size) * kGrain);
  FreeBlock* const block = head;
  head = block->next;
  // Among many connections the next block is cold, too: fetched while this one is used.
  if (head != nullptr) fetch_lines(head, size);
  return block;
}

void return_block(void* block, std::size_t size) noexcept {
  if (!kPooled || size > kLargest) return ::operator delete(block);
  FreeBlock*& head = free_lists.heads[size_class(size)];
  head = new (block) FreeBlock{head};
}

}  // namespace sluice::net
