#pragma once
// Decides, for one route, when an upstream is to lose its weight, and who gets it.
//
// A run of evidence stands over each upstream of the split that has weight and is not the baseline,
// in whatever state: after a shift, at a rollout's step, while it pauses, while it bakes.
//
// Thread: the control thread's. Path: cold; once a tick. Pure: no clock, no I/O.
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rollout/guard_run.hpp"
#include "rollout/known_good.hpp"
#include "routing/spec.hpp"
#include "routing/watch_report.hpp"

namespace sluice::rollout {

enum class GuardAction : std::uint8_t {
  revert,
  pause,  // no more weight for it; people decide
  alert
};
std::string_view label(GuardAction action) noexcept;

// What is to be done about an upstream, and why.
struct Breach {
  GuardAction action = GuardAction::alert;
  std::string upstream;
  std::string baseline;
  std::string metric;  // "errors", "p90"
  bool common_cause = false;
  Verdict verdict;
  Weights before;
  Weights after;  // the same, unless it is a reversion
  std::uint64_t harmed = 0;
  SteadyTime first_bad;
};

// The slots of a route's arms.
using ArmSlots = std::map<std::string, std::uint32_t>;

class GuardFsm {
 public:
  explicit GuardFsm(routing::GuardSpec spec) : spec_(std::move(spec)) {}

  // Another configuration. Runs go on unless the guard itself is another one.
  void configure(const routing::GuardSpec& spec);
  // These weights are served from now on, by the snapshot of that generation.
  void serve(const Weights& weights, const ArmSlots& slots, std::uint64_t generation,
             SteadyTime now);
  // One tick. The caller carries out reversions; the runs end when what follows is served.
  // `known_good`: of this route; who has breached is good no more.
  std::vector<Breach> observe(std::span<const routing::RouteTick> workers, KnownGood& known_good,
                              SteadyTime now);

  bool is_watching() const noexcept { return !runs_.empty(); }
  const routing::GuardSpec& spec() const noexcept { return spec_; }
  const Weights& served() const noexcept { return served_; }

  struct Run {
    GuardRun run;
    SteadyTime since;
    Finding told = Finding::quiet;  // what was acted upon already
  };
  const std::map<std::string, Run>& runs() const noexcept { return runs_; }  // by upstream

 private:
  GuardAction action_on(Finding finding) const noexcept;
  Breach breach_of(const std::string& upstream, const GuardRun& run, KnownGood& known_good,
                   SteadyTime now);

  routing::GuardSpec spec_;
  Weights served_;
  std::map<std::string, Run> runs_;
};

}  // namespace sluice::rollout
