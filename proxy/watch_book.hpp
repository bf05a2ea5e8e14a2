#pragma once
// Counts, for the guard, what becomes of the requests of watched routes: failed, and slow at the
// moment their age crosses the limit, not when they end. A hanging upstream would otherwise be
// invisible until its timeout, and right after a shift only fast requests have ended.
//
// Thread:    its worker's only.
// Path:      hot (begin, respond, end): 160 instructions for a request of a watched route (ADR 16),
//            a comparison each for others; cold (fail, collect, and what is beyond a limit).
// Invariant: a request is judged by the limits it began with, and bad at most once a metric.
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "net/deadline_wheel.hpp"
#include "routing/decide.hpp"
#include "routing/watch_report.hpp"
#include "telemetry/shard.hpp"

namespace sluice::proxy {

// When a request is slow, by metric - 1; the soonest of it in front, which is all that most are
// asked.
struct SlowLimits {
  std::chrono::nanoseconds soonest = routing::SlowAfter::kNever;
  routing::SlowAfter::Limits each = routing::SlowAfter::none();
};

// One request in flight, as the book keeps it. The snapshot that placed it outlives it.
class Watched {
 public:
  Watched() = default;
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() { unlink(); }

 private:
  friend class WatchBook;
  bool is_watched() const noexcept { return decision_ != nullptr; }
  const routing::Watch& watch() const noexcept { return *decision_->route->watch; }
  void link_before(Watched& other) noexcept;
  void unlink() noexcept {
    if (next_ == nullptr) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    next_ = prev_ = nullptr;
  }

  Watched* prev_ = nullptr;
  Watched* next_ = nullptr;
  const routing::Decision* decision_ = nullptr;     // null: nobody watches it
  routing::ArmTick* tick_ = nullptr;                // good while ticks_ is the book's
  telemetry::Histogram* response_began_ = nullptr;  // of a baseline
  net::SteadyTime began_;
  std::uint64_t ticks_ = 0;
  std::uint64_t generation_ = 0;
  SlowLimits slow_after_;
  std::uint16_t arm_ = 0;  // in the placements
  std::uint8_t bad_ = 0;   // metrics it is bad for; bits
  std::uint8_t over_ = 0;  // metrics that are decided against their limit; bits
  bool is_timed_ = false;
};

class WatchBook {
 public:
  WatchBook(telemetry::Shard& shard, Xoshiro256& random) : shard_(shard), random_(random) {}

  void adopt(const routing::Snapshot& snapshot);

  // It is placed. `decision` outlives it. `generation`: of the snapshot.
  // `timed`: all of it is here, so that what it waits for is the upstream.
  void begin(Watched& request, const routing::Decision& decision, std::uint64_t generation,
             net::SteadyTime now, bool timed) noexcept {
    if (decision.placements != nullptr && decision.route->watch)
      enter(request, decision, generation, now, timed);
  }
  // It, or an attempt at it where it was placed, has failed. More than once is as good as once.
  void fail(Watched& request, net::SteadyTime now) noexcept {
    if (request.is_watched()) count_failure(request, now);
  }
  // The head of its response is here.
  void respond(Watched& request, net::SteadyTime now) noexcept {
    if (request.next_ == nullptr) return;
    const std::chrono::nanoseconds age = now - request.began_;
    if (age >= request.slow_after_.soonest || request.watch().limits_durations)
      judge_response(request, age);
    request.unlink();
    if (request.response_began_ != nullptr) request.response_began_->add(age);
  }
  // It is over, with a response or a failure.
  void end(Watched& request) noexcept {
    if (!request.is_watched()) return;
    request.unlink();
    if ((request.over_ & 1U) == 0) ++tick_of(request).decided[0];  // else it was, as a failure
  }
  // It is over, and nobody knows how it would have ended.
  void abandon(Watched& request) noexcept { request.unlink(); }

  routing::WatchReport collect(net::SteadyTime now, std::span<const routing::SlowAfter> limits);

 private:
  struct RouteBook {
    routing::RouteTick tick;
    // The draw that was looked up last: most requests are of the same.
    const routing::Placements* newest = nullptr;
    routing::ArmTick* newest_arms = nullptr;
    SlowLimits slow_baseline;
    SlowLimits slow_others;
    telemetry::Histogram* response_began = nullptr;  // of the baseline
  };

  void enter(Watched& request, const routing::Decision& decision, std::uint64_t generation,
             net::SteadyTime now, bool timed) noexcept;
  void count_failure(Watched& request, net::SteadyTime now) noexcept;
  void judge_response(Watched& request, std::chrono::nanoseconds age) noexcept;
  void judge_age(Watched& request, std::chrono::nanoseconds age) noexcept;
  void count_bad(Watched& request, std::size_t metric) noexcept;
  // Each request once a metric.
  void decide(Watched& request, std::size_t metric, bool over) noexcept {
    const auto bit = static_cast<std::uint8_t>(1U << metric);
    if ((request.over_ & bit) != 0) return;
    request.over_ |= bit;
    routing::ArmTick& tick = tick_of(request);
    ++tick.decided[metric];
    if (over) ++tick.over[metric];
  }
  void decide_duration(Watched& request, std::size_t metric, bool over) noexcept;
  std::size_t draw_of(RouteBook& book, const routing::SharedPlacements& placements);
  routing::ArmTick& tick_of(Watched& request) noexcept {
    if (request.ticks_ != ticks_) find_tick(request);
    return *request.tick_;
  }
  void find_tick(Watched& request);
  void use_limits(std::span<const routing::SlowAfter> limits);

  telemetry::Shard& shard_;
  Xoshiro256& random_;
  std::uint64_t ticks_ = 1;       // so many have begun
  std::vector<RouteBook> books_;  // by route slot
  Watched in_flight_;             // head of a ring, oldest first: those without a response yet
};

}  // namespace sluice::proxy
