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

#include "rollout/spec.hpp"

namespace sluice::rollout {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class Phase : std::uint8_t { progressing, paused, baking, succeeded, aborted };
enum class Hold : std::uint8_t {
  none,
  step,
  manual,
  gate,
  webhook,
  inconclusive,
  no_data,
  restart
};
std::string_view label(Phase phase) noexcept;
std::string_view label(Hold hold) noexcept;
std::optional<Phase> parse_phase(std::string_view text);
std::optional<Hold> parse_hold(std::string_view text);

// What must outlive the process.
struct RolloutState {
  RolloutSpec spec;
  Phase phase = Phase::progressing;
  Hold hold = Hold::none;
  std::string reason = {};  // for people: why it is held or was aborted
  std::uint32_t step = 0;   // index of the present one; the number of steps: past the last
  double share = 0;         // of the canary, as it was set last
  bool swapped = false;     // the canary is the stable version now
  friend bool operator==(const RolloutState&, const RolloutState&) = default;
};

// What the caller is to do.
struct SetShare {
  double share = 0;   // of the canary, among itself and stable
  bool back = false;  // to stable, at once: before any disk, and moving sessions
};
struct CallWebhook {
  std::string url;
  std::string type;
  milliseconds timeout{10'000};
};
using RolloutAction = std::variant<SetShare, CallWebhook>;
using RolloutActions = std::vector<RolloutAction>;

// What the guard says of the canary.
struct Safety {
  bool safe = false;
  bool any_data = false;
  bool holds = false;  // the requests are not split as they should be
};

class RolloutFsm {
 public:
  explicit RolloutFsm(RolloutSpec spec) { state_.spec = std::move(spec); }
  // One that was kept, after a restart of the proxy.
  explicit RolloutFsm(RolloutState kept);

  const RolloutState& state() const noexcept { return state_; }
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
  // `answered`: there was one, and it said no.
  RolloutActions webhook_ended(bool confirmed, bool answered, const std::string& detail,
                               SteadyTime now);

  // ---- what people want; false (nothing): not now ----
  std::optional<RolloutActions> abort(const std::string& reason, SteadyTime now);
  bool pause(SteadyTime now);
  std::optional<RolloutActions> resume(SteadyTime now);
  std::optional<RolloutActions> promote(bool full, SteadyTime now);
  std::optional<RolloutActions> approve(SteadyTime now);
  std::optional<RolloutActions> undo(SteadyTime now);

 private:
  const StepSpec* step() const noexcept;
  RolloutActions enter(SteadyTime now);
  RolloutActions advance(SteadyTime now);
  RolloutActions finish(SteadyTime now);
  RolloutActions set_share(double share);
  RolloutActions call_webhook();
  RolloutActions tick_step(const StepSpec& step, const Safety& safety, SteadyTime now);
  RolloutActions end_of_gate(const StepSpec& step, SteadyTime now);
  void hold(Hold hold, std::string reason, SteadyTime now);
  void release(SteadyTime now);
  void run_timer(SteadyTime now);
  void stop_timer(SteadyTime now);
  bool is_over(milliseconds limit, SteadyTime now) const noexcept;
  RolloutActions end(Phase phase, std::string reason);

  RolloutState state_;
  bool awaits_served_ = false;
  bool any_data_ = false;
  unsigned webhook_errors_ = 0;
  std::optional<SteadyTime> webhook_again_;
  milliseconds spent_{0};            // of the present step's time, before `since_`
  std::optional<SteadyTime> since_;  // none: the timer stands still
};

}  // namespace sluice::rollout
