#include "net/frame_pool.hpp"

#include <array>
#include <new>

#include "net/fetch.hpp"

namespace sluice::net {
namespace {

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
  if (!kBlocksPooled || size > kLargest) return ::operator new(size);
  FreeBlock*& head = free_lists.heads[size_class(size)];
  if (head == nullptr) return ::operator new(size_class(size) * kGrain);
  FreeBlock* const block = head;
  head = block->next;
  // Among many connections the next block is cold, too: fetched while this one is used.
  fetch_lines(head, size);
  return block;
}

void return_block(void* block, std::size_t size) noexcept {
  if (!kBlocksPooled || size > kLargest) return ::operator delete(block);
  FreeBlock*& head = free_lists.heads[size_class(size)];
  head = new (block) FreeBlock{head};
}

}  // namespace sluice::net
