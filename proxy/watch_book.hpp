#pragma once
// Counts, for the guard, what becomes of the requests of watched routes: failed, and slow at the
// moment their age crosses the limit, not when they end. A hanging upstream would otherwise be
// invisible until its timeout, and right after a shift only fast requests have ended.
//
// Thread:    its worker's only.
// Path:      hot (begin, respond, end): a dozen plain stores for a request of a watched route,
//            one comparison for others; cold (fail, collect).
// Invariant: a request is judged by the limits it began with, and bad at most once a metric.
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "net/deadline_wheel.hpp"
#include "routing/decide.hpp"
#include "routing/watch_report.hpp"
#include "telemetry/shard.hpp"

namespace sluice::proxy {

// One request in flight, as the book keeps it. The snapshot that placed it outlives it.
class Watched {
 public:
  Watched() = default;
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() { unlink(); }

 private:
  friend class WatchBook;
  bool is_watched() const noexcept { return route_ != nullptr; }
  void link_before(Watched& other) noexcept;
  void unlink() noexcept;

  Watched* prev_ = nullptr;
  Watched* next_ = nullptr;
  const routing::Route* route_ = nullptr;  // null: nobody watches it
  const routing::SharedPlacements* placements_ = nullptr;
  net::SteadyTime began_;
  routing::SlowAfter::Limits slow_after_{};
  std::uint64_t session_ = 0;
  std::uint64_t generation_ = 0;
  std::uint32_t arm_slot_ = 0;
  std::uint16_t arm_ = 0;  // in the placements
  std::uint8_t bad_ = 0;   // metrics it is bad for; bits
  std::uint8_t over_ = 0;  // metrics that are decided against their limit; bits
  bool is_baseline_ = false;
  bool is_timed_ = false;
};

class WatchBook {
 public:
  WatchBook(telemetry::Shard& shard, Xoshiro256& random) : shard_(shard), random_(random) {}

  void adopt(const routing::Snapshot& snapshot);

  // It is placed. `generation`: of the snapshot.
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
    if (request.next_ != nullptr) judge_response(request, now);
  }
  // It is over, with a response or a failure.
  void end(Watched& request) noexcept {
    if (request.is_watched()) count_end(request);
  }
  // It is over, and nobody knows how it would have ended.
  void abandon(Watched& request) noexcept { request.unlink(); }

  routing::WatchReport collect(net::SteadyTime now, std::span<const routing::SlowAfter> limits);

 private:
  struct RouteBook {
    routing::RouteTick tick;
    routing::SlowAfter limits;
    std::size_t newest = 0;  // index of the draw that was looked up last
  };

  void enter(Watched& request, const routing::Decision& decision, std::uint64_t generation,
             net::SteadyTime now, bool timed) noexcept;
  void count_failure(Watched& request, net::SteadyTime now) noexcept;
  void judge_response(Watched& request, net::SteadyTime now) noexcept;
  void count_end(Watched& request) noexcept;
  void judge_age(Watched& request, std::chrono::nanoseconds age) noexcept;
  void count_bad(Watched& request, std::size_t metric) noexcept;
  void decide(Watched& request, std::size_t metric, bool over) noexcept;
  void decide_duration(Watched& request, std::size_t metric, bool over) noexcept;
  std::size_t draw_of(RouteBook& book, const routing::SharedPlacements& placements);
  routing::ArmTick& tick_of(const Watched& request);
  void use_limits(std::span<const routing::SlowAfter> limits);

  telemetry::Shard& shard_;
  Xoshiro256& random_;
  std::vector<RouteBook> books_;  // by route slot
  Watched in_flight_;             // head of a ring, oldest first: those without a response yet
};

}  // namespace sluice::proxy
