#pragma once
// What one worker has seen of the routes that are watched, since it was asked last (a tick), and
// what it is told to look for: the words between the data plane and the guard.
//
// Shape: metric 0 is errors, metric 1 + i the i-th of GuardSpec::latency.
#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "routing/placements.hpp"
#include "routing/spec.hpp"

namespace sluice::routing {

inline constexpr std::size_t kWatchMetricsMax = 1 + GuardSpec::kLatenciesMax;

// One upstream's requests of one draw.
struct ArmTick {
  std::uint64_t drawn = 0;  // placed by this draw just now; not pinned before, not by a key
  // Of requests that are placed each for itself: those that were bad, and how many of them a coin
  // chose (the placebo).
  std::array<std::uint64_t, kWatchMetricsMax> bad{};
  std::array<std::uint64_t, kWatchMetricsMax> chosen{};
  // Of all requests: decided, and over the limit that holds whatever the baseline does.
  std::array<std::uint64_t, kWatchMetricsMax> decided{};
  std::array<std::uint64_t, kWatchMetricsMax> over{};
  std::uint64_t failed = 0;
  std::chrono::steady_clock::time_point first_failure =
      std::chrono::steady_clock::time_point::max();
};

struct DrawTick {
  SharedPlacements placements;
  std::vector<ArmTick> arms;  // as in `placements`
};

// A bad request of a session. Only a session's first is evidence; here are all.
struct SessionEvent {
  std::uint64_t session = 0;
  std::uint64_t generation = 0;  // of the snapshot that placed the request
  std::uint32_t draw = 0;        // index into RouteTick::draws
  std::uint16_t arm = 0;         // index into its arms
  std::uint16_t metric = 0;
};

struct RouteTick {
  static constexpr std::size_t kSessionEventsMax = 4096;  // later ones of a tick are left out
  std::uint32_t route_slot = 0;
  std::vector<DrawTick> draws;
  std::vector<SessionEvent> sessions;
};

struct WatchReport {
  std::vector<RouteTick> routes;
};

// From when on a request of a route is slow, by metric - 1.
struct SlowAfter {
  using Limits = std::array<std::chrono::microseconds, GuardSpec::kLatenciesMax>;
  static constexpr std::chrono::microseconds kNever = kUnlimited;
  static constexpr Limits none() noexcept {
    Limits limits{};
    limits.fill(kNever);
    return limits;
  }
  std::uint32_t route_slot = 0;
  Limits baseline = none();
  Limits others = none();
};

}  // namespace sluice::routing
