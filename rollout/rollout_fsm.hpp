#pragma once
// Decides what becomes of a rollout: a sequence of guarded weight steps from one version to the
// next.
//
//   progressing <-> paused{step|manual|gate|inconclusive|no_data|restart} -> baking -> succeeded
//   from any of them with weight on the canary -> aborted{reason}
//
// When several things happen at once the first of these counts: abort, guard, somebody's change of
// the weights, gate, timer. Timers run from when a weight is served everywhere, and stand still
// while something else holds the rollout.
//
// Thread: the control thread's. Path: cold. Pure: no clock, no I/O; the caller carries out what
//         step() and the commands return, and tells what came of it.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rollout/metric_watch.hpp"
#include "rollout/rollout_state.hpp"
#include "rollout/spec.hpp"

namespace sluice::rollout {

using SteadyTime = std::chrono::steady_clock::time_point;

// What the caller is to do.
struct SetShare {
  double share = 0;   // of the canary, among itself and stable
  bool back = false;  // to stable, at once: before any disk, and moving sessions
};
struct CallWebhook {
  std::string url;
  std::string type;
  milliseconds timeout{10'000};
  bool ends = false;  // a confirmation ends the rollout: rollback_answered(), not webhook_ended()
};
struct AskMetric {
  std::size_t metric = 0;  // of metrics()
};
using RolloutAction = std::variant<SetShare, CallWebhook, AskMetric>;
using RolloutActions = std::vector<RolloutAction>;

// What the guard says of the canary.
struct Safety {
  bool safe = false;
  bool any_data = false;
  bool holds = false;  // the requests are not split as they should be
};

class RolloutFsm {
 public:
  explicit RolloutFsm(RolloutSpec spec);
  // One that was kept, after a restart of the proxy.
  explicit RolloutFsm(RolloutState kept);

  // Whom it asks, from now on. What the same metric has said before still counts.
  RolloutActions listen_to(const std::vector<HookSpec>& hooks,
                           const std::vector<MetricSpec>& external, SteadyTime now);

  const RolloutState& state() const noexcept { return state_; }
  const std::vector<MetricWatch>& metrics() const noexcept { return metrics_; }
  bool is_running() const noexcept {
    return state_.phase != Phase::succeeded && state_.phase != Phase::aborted;
  }
  // How long until its present timer ends; none: it has none, or it stands still.
  std::optional<milliseconds> left(SteadyTime now) const noexcept;

  // ---- what happens ----
  RolloutActions begin(SteadyTime now);
  // Every worker serves the weights that were asked for last.
  RolloutActions served(SteadyTime now);
  RolloutActions tick(const Safety& safety, SteadyTime now);
  void breached(const std::string& sentence, bool reverted, SteadyTime now);
  void weights_changed_by_others(SteadyTime now);
  void refused(const std::string& why, SteadyTime now);  // what was asked for was not done
  // Of the newest question. `answered`: there was an answer, be it no.
  RolloutActions webhook_ended(bool confirmed, bool answered, const std::string& detail,
                               SteadyTime now);
  RolloutActions rollback_answered(bool confirmed, SteadyTime now);
  RolloutActions measured(std::size_t metric, const Measurement& measurement, SteadyTime now);

  // ---- what people want; false (nothing): not now ----
  std::optional<RolloutActions> abort(const std::string& reason, SteadyTime now);
  bool pause(SteadyTime now);
  std::optional<RolloutActions> resume(SteadyTime now);
  std::optional<RolloutActions> promote(bool full, SteadyTime now);
  std::optional<RolloutActions> approve(SteadyTime now);
  std::optional<RolloutActions> undo(SteadyTime now);

 private:
  const StepSpec* step() const noexcept;
  std::optional<double> target() const noexcept;
  RolloutActions enter(SteadyTime now);
  std::vector<CallWebhook> questions() const;
  RolloutActions ask_or_perform(SteadyTime now);
  RolloutActions perform(SteadyTime now);
  RolloutActions advance(SteadyTime now);
  RolloutActions finish(SteadyTime now);
  RolloutActions set_share(double share);
  void await(const StepSpec& step, SteadyTime now);
  RolloutActions ask_around(SteadyTime now);
  RolloutActions tick_rollout(const Safety& safety, SteadyTime now);
  RolloutActions tick_step(const StepSpec& step, const Safety& safety, SteadyTime now);
  RolloutActions end_of_gate(const StepSpec& step, SteadyTime now);
  void hold(Hold hold, std::string reason, SteadyTime now);
  void go_on();
  void release(SteadyTime now);
  void run_timer(SteadyTime now);
  void stop_timer(SteadyTime now);
  bool is_over(milliseconds limit, SteadyTime now) const noexcept;
  RolloutActions end(Phase phase, std::string reason);

  RolloutState state_;
  std::vector<MetricWatch> metrics_;
  bool awaits_served_ = false;
  bool any_data_ = false;
  bool performed_ = false;              // the present step: everybody has confirmed it
  std::vector<CallWebhook> questions_;  // that are to be confirmed before; the first is asked
  unsigned webhook_errors_ = 0;         // in a row
  std::optional<SteadyTime> webhook_again_;
  std::optional<SteadyTime> rollback_again_;
  unsigned rollback_asked_ = 0;      // hooks that have not answered yet
  milliseconds spent_{0};            // of the present step's time, before `since_`
  std::optional<SteadyTime> since_;  // none: the timer stands still
};

}  // namespace sluice::rollout
