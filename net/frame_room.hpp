#pragma once
// Room inside an object for the frames of its coroutines: there one look ahead fetches them with
// it. What does not fit comes from the free lists.
//
// Thread:    one.   Path: hot.
// Shape:     an object with `FrameRoom& frame_room()` gets the frames of its member coroutines that
//            return a Task, and outlives them. They are best returned in the opposite order: out of
//            it the room stays taken until the object's end.
// Invariant: under AddressSanitizer what is not taken is poisoned.
// Source:    docs/adr/0017: among 512 connections a waiting exchange is cold; each frame of it that
//            lay elsewhere cost misses of its own.
#include <cstddef>
#include <cstring>

#include <sanitizer/asan_interface.h>

#include "net/frame_pool.hpp"

namespace sluice::net {

class FrameRoom {
 public:
  // The two frames of an exchange whose response comes in one piece: g++ 12 makes them 384 and 320.
  static constexpr std::size_t kBytes = 768;

  FrameRoom() noexcept { ASAN_POISON_MEMORY_REGION(bytes_, kBytes); }
  FrameRoom(const FrameRoom&) = delete;
  FrameRoom& operator=(const FrameRoom&) = delete;
  ~FrameRoom() { ASAN_UNPOISON_MEMORY_REGION(bytes_, kBytes); }

  // Null: there is no room for so much.
  void* take(std::size_t size) noexcept {
    size = rounded(size);
    if (size > kBytes - used_) return nullptr;
    void* const block = bytes_ + used_;
    ASAN_UNPOISON_MEMORY_REGION(block, size);
    used_ += size;
    return block;
  }
  void give_back(void* block, std::size_t size) noexcept {
    size = rounded(size);
    ASAN_POISON_MEMORY_REGION(block, size);
    if (bytes_ + used_ == static_cast<std::byte*>(block) + size) used_ -= size;
  }

 private:
  static constexpr std::size_t kAlign = alignof(std::max_align_t);
  static constexpr std::size_t rounded(std::size_t size) noexcept {
    return (size + kAlign - 1) & ~(kAlign - 1);
  }

  std::size_t used_ = 0;
  alignas(kAlign) std::byte bytes_[kBytes];
};

// Behind each frame stands whose room it is in; null: a free list's.
inline void* take_frame(std::size_t size, FrameRoom* room) {
  const std::size_t whole = size + sizeof room;
  void* frame = room != nullptr ? room->take(whole) : nullptr;
  if (frame == nullptr) {
    room = nullptr;
    frame = take_block(whole);
  }
  std::memcpy(static_cast<std::byte*>(frame) + size, &room, sizeof room);
  return frame;
}

inline void return_frame(void* frame, std::size_t size) noexcept {
  const std::size_t whole = size + sizeof(FrameRoom*);
  FrameRoom* room = nullptr;
  std::memcpy(&room, static_cast<std::byte*>(frame) + size, sizeof room);
  if (room != nullptr) return room->give_back(frame, whole);
  return_block(frame, whole);
}

}  // namespace sluice::net
