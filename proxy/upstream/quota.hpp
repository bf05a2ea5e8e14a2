#pragma once
// How many requests one endpoint may have at a time, and who waits for a place: first come, first
// served. Pure: no socket, no clock, no coroutine.
//
// Thread:    its worker's only.   Path: hot (has_room, take, put_back), cold (the rest).
// Shape:     after put_back() and set() call admit() until it gives nobody, before anything else
//            runs; without a limit nobody waits and it can be left out.
// Invariant: somebody waits only while there is no room. A place that becomes free belongs to the
//            first who waits before he runs: who comes later cannot take it.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "routing/spec.hpp"

namespace sluice::proxy::upstream {

inline constexpr std::uint32_t kUnlimited = 0xffffffffU;

// Workers share nothing, so an endpoint's limit is shared out among them: each keeps to its part
// and asks nobody. With W workers an endpoint is allowed at least W.
struct WorkerShare {
  std::uint32_t index = 0;
  std::uint32_t count = 1;

  // Its part of `whole`: limit / count, the first limit % count workers one more; at least one of
  // anything that is not 0.
  constexpr std::uint32_t of(std::uint32_t whole) const noexcept {
    if (whole == 0) return 0;
    return std::max(1U, whole / count + (index < whole % count ? 1U : 0U));
  }
};

// One worker's part of the limits of one endpoint.
struct EndpointLimits {
  std::uint32_t places = kUnlimited;       // requests at a time
  std::uint32_t connections = kUnlimited;  // open or being opened, also those without a request
  std::uint32_t pending = 0;               // requests that may wait for a place
  std::chrono::milliseconds pending_timeout{0};
  friend bool operator==(const EndpointLimits&, const EndpointLimits&) = default;
};

// A request has a connection of its own, so both limits bound the places; max_connections counts
// the idle ones too.
EndpointLimits limits_of(const std::optional<routing::LimitsSpec>& spec,
                         WorkerShare share) noexcept;

// One who waits. Lives wherever he waits: the queue allocates nothing.
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  bool waits() const noexcept { return waits_; }

 protected:
  ~Waiter() = default;  // not while he waits

 private:
  friend class Quota;
  Waiter* before_ = nullptr;
  Waiter* after_ = nullptr;
  bool waits_ = false;
};

class Quota {
 public:
  // `taken` counts the places that are taken; balancing reads it too. It outlives this.
  explicit Quota(std::uint32_t& taken) noexcept : taken_(taken) {}
  Quota(const Quota&) = delete;
  Quota& operator=(const Quota&) = delete;

  // Nobody who has a place or waits already is sent away.
  void set(std::uint32_t places, std::uint32_t pending) noexcept {
    places_ = places;
    pending_max_ = pending;
  }

  bool limited() const noexcept { return places_ != kUnlimited; }
  bool has_room() const noexcept { return taken_ < places_; }
  void take() noexcept { ++taken_; }  // Shape: has_room()
  void put_back() noexcept { --taken_; }

  // False when too many wait already.
  bool join(Waiter& waiter) noexcept;
  // He waits no more. Shape: waiter.waits()
  void leave(Waiter& waiter) noexcept;
  // Who has waited longest and has a place now; null when there is no room or nobody waits.
  Waiter* admit() noexcept;

  std::uint32_t taken() const noexcept { return taken_; }
  std::uint32_t pending() const noexcept { return pending_; }

 private:
  std::uint32_t& taken_;
  std::uint32_t places_ = kUnlimited;
  std::uint32_t pending_max_ = 0;
  std::uint32_t pending_ = 0;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace sluice::proxy::upstream
