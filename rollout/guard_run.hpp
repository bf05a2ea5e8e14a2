#pragma once
// One guard run: what the traffic of one guarded upstream says against that of its baseline, from
// the moment the upstream has weight until it has none.
//
// Turns the ticks of the workers into the counts that the tests are made for: requests that are
// placed each for itself count each; of a session that is kept together the first bad event
// (rollout/first_bad_events), weighed with the chance that placed the session.
//
// Thread: the control thread's. Path: cold; once a tick. Pure: times are given.
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "rollout/first_bad_events.hpp"
#include "rollout/guard_evidence.hpp"
#include "routing/spec.hpp"
#include "routing/watch_report.hpp"

namespace sluice::rollout {

using SteadyTime = std::chrono::steady_clock::time_point;

GuardLimits guard_limits(const routing::GuardSpec& spec);

// What users have suffered from until the verdict, from the onset that explains it on.
struct Harm {
  std::uint64_t requests = 0;  // failed; or slow, when that is what was found
  SteadyTime first;            // when the first of them had failed or become slow
};

class GuardRun {
 public:
  struct Setting {
    std::uint32_t guarded = 0;  // slots of arms (routing::Arm::slot)
    std::uint32_t baseline = 0;
    // The snapshot that the run began with. What an earlier one placed belongs to an earlier run,
    // whenever it ends: requests that hung through a reversion are no evidence against what has
    // been mended since.
    std::uint64_t generation = 0;
    // Nobody outside knows it, so that nobody can choose the sessions that the placebo counts.
    std::uint64_t salt = 0;
  };
  GuardRun(const routing::GuardSpec& spec, const Setting& setting);

  // One tick: what each worker has seen of the route since the last.
  void observe(std::span<const routing::RouteTick> workers, SteadyTime now);

  const GuardEvidence& evidence() const noexcept { return evidence_; }
  // Of the present verdict.
  Harm harm() const noexcept;
  // Sessions that had a bad event are too many to keep apart: the comparison learns nothing more.
  bool is_full() const noexcept;
  std::uint64_t requests() const noexcept { return requests_; }  // decided, of the guarded one

 private:
  struct Sessions {
    FirstBadEvents bad;
    FirstBadEvents placebo;
    std::vector<KeyedEvent> bad_events;
    std::vector<KeyedEvent> placebo_events;
  };
  struct Counts {
    std::vector<SplitCounts> bad;
    std::vector<SplitCounts> placebo;
    RateCounts guarded;
    RateCounts baseline;
  };
  struct Mark {
    std::uint64_t tick = 0;
    std::uint64_t failed = 0;
    SteadyTime first;
  };

  bool is_of_this_run(const routing::Placements& placements) const noexcept {
    return placements.generation >= setting_.generation;
  }
  void count(const routing::RouteTick& worker);
  void count_draw(const routing::DrawTick& draw);
  void count_arm(const routing::ArmTick& arm, bool guarded);
  void count_sessions(const routing::RouteTick& worker);
  void remember(SteadyTime now);

  Setting setting_;
  GuardEvidence evidence_;
  std::vector<Sessions> sessions_;  // by metric
  std::uint64_t requests_ = 0;

  // Of the tick at hand.
  std::vector<Counts> counts_;
  std::vector<SplitCounts> placed_;
  std::uint64_t failed_ = 0;
  std::uint64_t bad_ = 0;  // of any metric
  SteadyTime first_failure_;

  SteadyTime last_tick_ = SteadyTime::max();
  std::deque<Mark> marks_;  // ticks with something bad on the guarded upstream, the newest
};

}  // namespace sluice::rollout
