#pragma once
// Room within an object for the frames of its coroutines: they lie beside it and behind each other,
// where one look ahead fetches them all. What does not fit comes from the free lists.
//
// Thread:    one.   Path: hot.
// Shape:     an object with `FrameRoom& frame_room()` gets the frames of its own member coroutines
//            that return a Task; it outlives them. The last taken is best returned first.
// Source:    docs/adr/0017: among 512 connections a waiting exchange is cold; each frame of it that
//            lay elsewhere cost misses of its own.
#include <cstddef>
#include <cstring>

#include "net/frame_pool.hpp"

namespace sluice::net {

class FrameRoom {
 public:
  static constexpr std::size_t kBytes = 704;

  FrameRoom() = default;
  FrameRoom(const FrameRoom&) = delete;
  FrameRoom& operator=(const FrameRoom&) = delete;

  void* take(std::size_t size) noexcept {
    if (size > kBytes - used_) return nullptr;
    void* const block = bytes_ + used_;
    used_ += size;
    return block;
  }
  // Out of order the room stays taken until the object's end.
  void give_back(void* block, std::size_t size) noexcept {
    if (bytes_ + used_ == static_cast<std::byte*>(block) + size) used_ -= size;
  }

 private:
  std::size_t used_ = 0;
  alignas(std::max_align_t) std::byte bytes_[kBytes];
};

// Behind each frame stands whose room it is in; null: a free list's.
inline void* take_frame(std::size_t size, FrameRoom* room) {
  const std::size_t whole = size + sizeof room;
  void* frame =
      kBlocksPooled && room != nullptr ? room->take((whole + 15) & ~std::size_t{15}) : nullptr;
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
  if (room != nullptr) return room->give_back(frame, (whole + 15) & ~std::size_t{15});
  return_block(frame, whole);
}

}  // namespace sluice::net
