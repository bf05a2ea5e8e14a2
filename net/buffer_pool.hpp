#pragma once
// Buffers of one worker in four sizes. A connection owns one only while it has bytes left over.
//
// Thread: its worker's only.   Path: hot.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "net/fetch.hpp"

namespace sluice::net {

// A block of bytes that goes back to its pool by itself.
class BufferPool;
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept
      : pool_(std::exchange(other.pool_, nullptr)),
        bytes_(std::exchange(other.bytes_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(pool_, other.pool_);
    std::swap(bytes_, other.bytes_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Buffer() { release(); }

  char* bytes() const noexcept { return bytes_; }
  std::size_t capacity() const noexcept { return capacity_; }
  explicit operator bool() const noexcept { return bytes_ != nullptr; }
  inline void release() noexcept;

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, char* bytes, std::size_t capacity) noexcept
      : pool_(pool), bytes_(bytes), capacity_(capacity) {}
  BufferPool* pool_ = nullptr;
  char* bytes_ = nullptr;
  std::size_t capacity_ = 0;
};

class BufferPool {
 public:
  BufferPool() = default;
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  // At least `size` bytes. Over the largest class: an allocation of its own.
  Buffer take(std::size_t size) {
    const std::size_t index = class_of(size);
    if (index == kClasses) return Buffer(this, new char[size], size);
    auto& free = free_[index];
    if (free.empty()) return Buffer(this, new char[kSizes[index]], kSizes[index]);
    char* const bytes = free.back().release();
    free.pop_back();
    if (!free.empty()) fetch_lines(free.back().get(), kUsedAtOnce);  // the next one's
    return Buffer(this, bytes, kSizes[index]);
  }

 private:
  friend class Buffer;
  static constexpr std::size_t kClasses = 4;
  static constexpr std::size_t kSizes[kClasses] = {1024, 4096, 16 * 1024, 64 * 1024};
  static constexpr std::size_t kUsedAtOnce = 320;  // bytes: the head of an ordinary request
  // What a burst has left behind is not kept for ever: at most this many bytes a class.
  static constexpr std::size_t kKeepBytes = 8u << 20;

  static std::size_t class_of(std::size_t size) noexcept {
    std::size_t index = 0;
    while (index < kClasses && kSizes[index] < size) ++index;
    return index;
  }

  void put_back(char* bytes, std::size_t capacity) noexcept {
    std::unique_ptr<char[]> block(bytes);
    const std::size_t index = class_of(capacity);
    if (index == kClasses || kSizes[index] != capacity) return;
    auto& free = free_[index];
    if (free.size() >= kKeepBytes / capacity) return;
    free.push_back(std::move(block));
  }

  std::vector<std::unique_ptr<char[]>> free_[kClasses];
};

inline void Buffer::release() noexcept {
  if (bytes_ == nullptr) return;
  pool_->put_back(std::exchange(bytes_, nullptr), capacity_);
  capacity_ = 0;
}

}  // namespace sluice::net
