#pragma once
// Runs the guards of all routes: feeds them what the workers have seen, carries out what they
// decide, tells of it.
//
// Thread:    the control thread's; statuses() and reversions() from any. Path: cold, ten times a
//            second while an upstream is watched.
// Invariant: a reversion is published before anybody hears of it.
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/change.hpp"
#include "control/control.hpp"
#include "control/guard_status.hpp"
#include "rollout/guard_fsm.hpp"
#include "rollout/slow_threshold.hpp"
#include "routing/snapshot.hpp"
#include "routing/watch_report.hpp"
#include "telemetry/shard.hpp"

namespace sluice::control {

class Guards {
 public:
  struct Sinks {
    // As Control::revert().
    std::function<bool(Revert, const std::string& reason)> revert;
    std::function<void(const std::string&)> log = {};  // one line, without its end
    std::function<void(const BreachRecord&)> breached = {};
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  };

  Guards(std::vector<const telemetry::Shard*> shards, Sinks sinks);

  // Another snapshot is being published; `state`: what it was compiled from.
  void adopt(const routing::Snapshot& snapshot, const State& state);
  // Somebody is watched: tick() is to be called ten times a second.
  bool is_watching() const noexcept;
  // What is slow from now on.
  std::vector<routing::SlowAfter> limits() const;
  void tick(const std::vector<routing::WatchReport>& workers);

  // People have taken the weight of these back: weights that feed them are good no more.
  void disown(const std::string& route, const std::vector<std::string>& upstreams);
  // None: the route has no guard.
  std::optional<GuardStatus> status(const std::string& route) const;
  // What a rollout wants to know of its canary.
  rollout::Safety safety(const std::string& route, const std::string& upstream) const;
  // The weights that a revert by hand goes back to. None: nothing else is known to be good.
  std::optional<Weights> known_good(const std::string& route) const;

  // Newest first. Thread: any.
  std::vector<BreachRecord> breaches() const;

  // Of the last tick. Thread: any.
  struct Gauge {
    std::string route;
    std::string upstream;
    std::string metric;
    double log_evidence = 0;
  };
  std::vector<Gauge> gauges() const;
  // (route, metric) -> reversions so far. Thread: any.
  std::map<std::pair<std::string, std::string>, std::uint64_t> reversions() const;

 private:
  using SteadyTime = std::chrono::steady_clock::time_point;
  struct Guarded {
    explicit Guarded(const routing::GuardSpec& spec) : fsm(spec) {}
    void look_anew();  // what was measured before is too old

    std::uint32_t slot = 0;           // of the route
    std::uint32_t baseline_slot = 0;  // of its arm
    rollout::GuardFsm fsm;
    rollout::RecentDurations recent;
    std::vector<std::optional<rollout::SlowLimits>> slow;  // by latency
  };

  void adopt_guard(const routing::Snapshot& snapshot, const routing::Route& route, SteadyTime now);
  void tick_route(const std::string& route, Guarded& guarded,
                  const std::vector<routing::WatchReport>& workers);
  void measure(Guarded& guarded) const;
  void carry_out(const std::string& route, const rollout::Breach& breach);
  void show_gauges();

  std::vector<const telemetry::Shard*> shards_;
  Sinks sinks_;
  std::map<std::string, rollout::KnownGood> known_good_;  // by route, of all
  std::map<std::string, Guarded> guarded_;                // by route, of those with a guard

  mutable std::mutex mutex_;  // over what follows
  std::deque<BreachRecord> breaches_;
  std::vector<Gauge> gauges_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> reversions_;
};

}  // namespace sluice::control
