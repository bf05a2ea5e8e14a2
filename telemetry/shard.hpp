#pragma once
// What one worker counts. Arrays by the dense slots of routing/slots.hpp, allocated when a slot is
// first seen, never moved, never freed: a reader needs no lock and a counter never runs backwards.
//
// Thread: ensure_*() and all adding on the owning worker; find_*() on any thread.
// Path:   hot (adding), cold (ensure).
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "telemetry/counter.hpp"
#include "telemetry/histogram.hpp"

namespace sluice::telemetry {

// Status codes with a counter of their own; any other counts in its class ("4xx").
inline constexpr std::array<std::uint16_t, 63> kKnownCodes{
    100, 101, 102, 103, 200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301,
    302, 303, 304, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 407, 408, 409,
    410, 411, 412, 413, 414, 415, 416, 417, 418, 421, 422, 423, 424, 425, 426, 428,
    429, 431, 451, 499, 500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511};
inline constexpr std::size_t kCodeCount = kKnownCodes.size() + 5;

namespace detail {
constexpr std::array<std::uint8_t, 600> make_code_index() {
  std::array<std::uint8_t, 600> index{};
  for (std::size_t code = 0; code < index.size(); ++code)
    index[code] = static_cast<std::uint8_t>(kKnownCodes.size() + (code < 100 ? 4 : code / 100 - 1));
  for (std::size_t i = 0; i < kKnownCodes.size(); ++i)
    index[kKnownCodes[i]] = static_cast<std::uint8_t>(i);
  return index;
}
inline constexpr auto kCodeIndex = make_code_index();
}  // namespace detail

constexpr std::size_t code_index(std::uint16_t code) noexcept {
  return detail::kCodeIndex[code < 600 ? code : 599];
}

inline constexpr std::size_t kMethods = 10;   // proxy::Method
inline constexpr std::size_t kReasons = 4;    // routing::Reason
inline constexpr std::size_t kFailures = 32;  // proxy::FailureKind
inline constexpr std::size_t kRetries = 6;    // proxy::RetryReason

// One (route, upstream), or what a route answers by itself.
struct ArmCounters {
  std::array<std::array<Counter, kCodeCount>, kMethods> requests;
  std::array<Counter, kReasons> decisions;
  std::array<Counter, kFailures> failures;
  Counter request_bytes;
  Counter response_bytes;
  std::array<Counter, kRetries> retries;  // counted where the failed attempt went
  Counter retries_refused;                // for want of budget
  Histogram duration;                     // from the head read to the response written
  Histogram upstream_duration;            // from the head sent to the response read
  Histogram response_began;  // of a guard's baseline: from the head read to the response's
};

enum class Outcome : std::uint8_t { success, client_error, server_error, failure };
inline constexpr std::size_t kOutcomes = 4;

struct EndpointCounters {
  std::array<Counter, kOutcomes> outcomes;
  Counter abandoned;    // of the client errors: the client left
  Counter failure_run;  // gauge: failures since the last success, if outlier detection asks for it
  Counter connections_active;  // gauges
  Counter connections_idle;
  Counter requests_pending;
};

// What belongs to no arm: requests that were refused before a route was found.
struct RouteCounters {
  std::array<Counter, kFailures> failures;
};

template <class T>
class SlotTable {
 public:
  static constexpr std::size_t kMax = 16 * 1024;

  // Slots beyond the table share its last entry.
  T& ensure(std::uint32_t slot) {
    std::atomic<T*>& place = entries_[slot < kMax ? slot : kMax - 1];
    T* entry = place.load(std::memory_order_relaxed);
    if (entry == nullptr) {
      entry = owned_.emplace_back(std::make_unique<T>()).get();
      place.store(entry, std::memory_order_release);
    }
    return *entry;
  }
  const T* find(std::uint32_t slot) const noexcept {
    return entries_[slot < kMax ? slot : kMax - 1].load(std::memory_order_acquire);
  }

 private:
  std::array<std::atomic<T*>, kMax> entries_{};
  std::vector<std::unique_ptr<T>> owned_;
};

struct Shard {
  SlotTable<ArmCounters> arms;
  SlotTable<EndpointCounters> endpoints;
  RouteCounters unrouted;
};

}  // namespace sluice::telemetry
