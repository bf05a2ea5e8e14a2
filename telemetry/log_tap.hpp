#pragma once
// One worker's end of the access log: blocks for records, and the way to the writer.
//
// Thread:    one worker takes and hands over; give_back() and the writer's counts are the writer's
//            thread; dropped() may be read by any.
// Path:      hot: no lock, no system call, no allocation while records in flight and in the queue
//            fit the slab; a record beyond it, or one with long texts, is allocated.
// Invariant: at most `bounds` records wait for the writer; what would be more is dropped and
//            counted. A draft that is destroyed instead of handed over goes back to its tap.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <concurrentqueue/concurrentqueue.h>

#include "base/random.hpp"
#include "telemetry/counter.hpp"
#include "telemetry/log_record.hpp"

namespace sluice::telemetry {

// Enough room in the producer's index for every block of a full queue: try_enqueue never allocates.
struct LogQueueTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static constexpr std::size_t BLOCK_SIZE = 256;
  static constexpr std::size_t EXPLICIT_INITIAL_INDEX_SIZE = 128;
};
using LogQueue = moodycamel::ConcurrentQueue<LogRecord*, LogQueueTraits>;

struct LogBounds {
  std::size_t records;
  std::size_t bytes;
};

struct RecycleDraft {
  inline void operator()(LogRecord* record) const noexcept;
};
using LogDraft = std::unique_ptr<LogRecord, RecycleDraft>;

class alignas(64) LogTap {
 public:
  // Block sizes in bytes, record included.
  static constexpr std::size_t kSmall = 1'024;
  static constexpr std::size_t kLarge = 8'192;
  // Kept free in every block for what is known only at the end: route, upstream, endpoint.
  static constexpr std::size_t kNamesRoom = 256;

  // `queue` outlives the tap.
  LogTap(LogQueue& queue, LogBounds bounds, double sample, bool wants_referer);
  LogTap(const LogTap&) = delete;
  LogTap& operator=(const LogTap&) = delete;
  ~LogTap();

  // ---- the worker ----
  // A record with room for `text_bytes`, as far as the larger block goes.
  LogDraft take(std::size_t text_bytes);
  void hand_over(LogDraft draft) noexcept;
  // Whether a request that need not be logged shall be.
  bool draws(Xoshiro256& random) const noexcept {
    return sample_all_ || random() < sample_threshold_;
  }
  bool wants_referer() const noexcept { return wants_referer_; }
  std::uint64_t dropped() const noexcept { return dropped_.load(); }

  // ---- the writer ----
  // The line is written. `record` came from this or any other tap.
  static void give_back(LogRecord* record) noexcept;

 private:
  friend struct RecycleDraft;
  LogRecord* find_block(bool large);
  LogRecord* pop_free(bool large) noexcept;
  void collect_returned() noexcept;
  void keep(LogRecord* record) noexcept;
  static std::size_t size_of(const LogRecord& record) noexcept {
    return sizeof(LogRecord) + record.capacity_;
  }
  bool is_full(std::size_t more_bytes) const noexcept {
    return handed_records_ - taken_records_.load() >= bounds_.records ||
           handed_bytes_ + more_bytes - taken_bytes_.load() > bounds_.bytes;
  }

  // ---- the worker's ----
  LogQueue& queue_;
  moodycamel::ProducerToken token_;
  LogBounds bounds_;
  std::uint64_t sample_threshold_;
  bool sample_all_;
  bool wants_referer_;
  std::unique_ptr<std::byte[]> slab_;  // small blocks; touched from the front as they are needed
  std::size_t slab_used_ = 0;
  LogRecord* free_small_ = nullptr;
  LogRecord* free_large_ = nullptr;
  std::size_t free_large_count_ = 0;
  std::uint64_t handed_records_ = 0;
  std::uint64_t handed_bytes_ = 0;
  Counter dropped_;

  // ---- the writer's, on a cache line of their own ----
  alignas(64) Counter taken_records_;
  Counter taken_bytes_;
  std::atomic<LogRecord*> returned_{nullptr};  // a stack that the worker empties as a whole
};

void RecycleDraft::operator()(LogRecord* record) const noexcept {
  record->owner_->keep(record);
}

}  // namespace sluice::telemetry
