#pragma once
// From the workers to the exporter: traces that wait, at most so many.
//
// Thread:    put() by any worker, take() by the exporter alone, counts by any.
// Invariant: never waits; what does not fit is dropped and its spans counted.
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <concurrentqueue/concurrentqueue.h>

#include "telemetry/trace_record.hpp"

namespace sluice::telemetry {

class TraceQueue {
 public:
  static constexpr std::size_t kTracesMax = 4'096;

  TraceQueue() = default;
  TraceQueue(const TraceQueue&) = delete;
  TraceQueue& operator=(const TraceQueue&) = delete;

  void put(std::unique_ptr<TraceRecord> trace);
  // Appends at most `most` to `out`.
  void take(std::vector<std::unique_ptr<TraceRecord>>& out, std::size_t most);

  // The exporter: what became of spans that were taken.
  void exported(std::size_t spans) noexcept { exported_ += spans; }
  void dropped(std::size_t spans) noexcept { dropped_ += spans; }

  std::uint64_t spans_exported() const noexcept { return exported_; }
  std::uint64_t spans_dropped() const noexcept { return dropped_; }

 private:
  moodycamel::ConcurrentQueue<std::unique_ptr<TraceRecord>> queue_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> exported_{0};
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace sluice::telemetry
