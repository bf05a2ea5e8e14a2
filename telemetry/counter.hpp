#pragma once
// A counter that one thread writes and any thread reads: a plain load, add and store.
//
// Thread:    add(), sub() and set() on the owning worker only; load() on any.
// Path:      hot: 0.3 ns against 5 ns of an atomic read-modify-write (dependencies.md section 3).
#include <atomic>
#include <cstdint>

namespace sluice::telemetry {

class Counter {
 public:
  void add(std::uint64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  void sub(std::uint64_t amount = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) - amount, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  std::uint64_t load() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace sluice::telemetry
