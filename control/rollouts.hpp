#pragma once
// Drives the rollouts of all routes: starts them, keeps them, carries out what they decide.
//
// Thread:    the control thread's. Path: cold, ten times a second while one runs.
// Invariant: what a rollout is doing is kept with the weights that it asks for, in one record.
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "control/change.hpp"
#include "control/control.hpp"
#include "control/guard_status.hpp"
#include "control/rollout_counts.hpp"
#include "rollout/rollout_fsm.hpp"

namespace sluice::control {

struct RolloutStatus {
  rollout::RolloutState state;
  std::optional<std::chrono::milliseconds> left;  // of the present step's time
  std::vector<rollout::MetricWatch> metrics = {};
};

enum class RolloutCommand : std::uint8_t { start, pause, resume, promote, abort, undo, approve };

// Somebody's wish.
struct RolloutRequest {
  RolloutCommand command = RolloutCommand::start;
  std::string route = {};
  bool full = false;  // promote: skip all steps
  Actor actor = {};
  std::string reason = {};
};

class Rollouts {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;
  using Reply = std::function<void(Result<RolloutStatus, Refusal>)>;
  using Confirmed = std::function<void(bool confirmed, bool answered, const std::string& detail)>;
  using Measured = std::function<void(const rollout::Measurement&)>;

  struct Sinks {
    std::function<void(Request, Control::Reply)> request;  // the reply comes on this thread, later
    std::function<bool(Revert, const Actor&, const std::string& reason)> revert;
    std::function<Weights(const std::string& route)> weights;  // served now; empty: no such route
    // Who is stable by the last word on it, a rollout's or the file's; empty: nobody has said.
    std::function<std::string(const std::string& route)> baseline;
    std::function<rollout::Safety(const std::string& route, const std::string& upstream)> safety;
    std::function<void(const rollout::CallWebhook&, const rollout::RolloutState&, Confirmed)>
        webhook;
    std::function<void(const rollout::MetricSpec&, Measured)> measure;
    std::function<void(const std::string& route, const rollout::RolloutState&)> changed = {};
    std::function<SteadyTime()> now = std::chrono::steady_clock::now;
  };

  explicit Rollouts(Sinks sinks) : sinks_(std::move(sinks)) {}

  // Those of the configuration that may be started. What runs keeps its steps, and listens to the
  // hooks and metrics of the newest file; on a route
  // that is gone, or has one of its upstreams no more, it ends.
  void configure(std::vector<rollout::RolloutSpec> specs);
  // Those that were kept, once, when the first snapshot is served.
  void restore(const std::map<std::string, rollout::RolloutState>& kept);

  // Answers at once with what it is then; the weights follow. Errors: not_found, conflict.
  void request(const RolloutRequest& request, const Reply& reply);
  void tick();
  bool is_running() const noexcept;

  void breached(const BreachRecord& breach);
  void weights_changed(const std::string& route, WeightSource source);

  std::optional<RolloutStatus> status(const std::string& route) const;
  const RolloutCounts& counts() const noexcept { return counts_; }

 private:
  struct Rollout {
    rollout::RolloutFsm fsm;
    rollout::RolloutState kept;  // what control was told last
    std::uint64_t wish = 0;      // the newest of its wishes for weights
    std::uint64_t call = 0;      // the newest question to a webhook; 0: answered
    std::uint64_t run = 0;       // tells it from earlier ones of the route
    bool others_changed = false;
  };

  Result<rollout::RolloutActions, Refusal> start(const RolloutRequest& request);
  Result<rollout::RolloutActions, Refusal> command(Rollout& rollout, const RolloutRequest& request);
  void carry_out(const std::string& route, const rollout::RolloutActions& actions,
                 const Actor& actor, const std::string& reason);
  void ask_for(const std::string& route, Rollout& rollout, double share, const Actor& actor,
               const std::string& reason);
  void go_back(const std::string& route, Rollout& rollout, const Actor& actor,
               const std::string& reason);
  // True: the file has one for the route.
  bool adopt(const std::string& route, Rollout& rollout);
  void call(const std::string& route, Rollout& rollout, const rollout::CallWebhook& call);
  void ask_to_end(const std::string& route, Rollout& rollout, const rollout::CallWebhook& call);
  void measure(const std::string& route, Rollout& rollout, const rollout::MetricSpec& metric);
  void tell(const std::string& route, const Rollout& rollout, rollout::HookKind kind);
  Confirmed counted(const std::string& route, const std::string& type, Confirmed then);
  void keep(const std::string& route, Rollout& rollout, const Actor& actor,
            const std::string& reason);
  Advance advance(const std::string& route, Rollout& rollout);

  Sinks sinks_;
  std::vector<rollout::RolloutSpec> specs_;
  std::map<std::string, Rollout> rollouts_;  // by route
  std::uint64_t wishes_ = 0;
  RolloutCounts counts_;
};

}  // namespace sluice::control
