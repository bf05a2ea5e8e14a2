#pragma once
// What a user may write about rollouts.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "routing/spec.hpp"

namespace sluice::rollout {

using std::chrono::milliseconds;

enum class StepKind : std::uint8_t { set_weight, pause, gate, webhook, bake };
enum class GateTimeout : std::uint8_t { abort, go_on };

struct StepSpec {
  StepKind kind = StepKind::pause;
  double share = 0;  // set_weight: of the canary, in [0, 1]; bake: that stays on stable meanwhile
  std::optional<milliseconds> time = {};  // pause: how long, or at most; gate, webhook: until it is
                                          // too late; bake: for. Absent: as long as it takes
  bool until_safe = false;                // pause: until the evidence says so
  GateTimeout on_timeout = GateTimeout::abort;  // gate
  std::string name = {};                        // gate; webhook: its type
  std::string url = {};                         // webhook
  friend bool operator==(const StepSpec&, const StepSpec&) = default;
};

// When a hook is called. The first three are asked and must confirm; `rollback` is asked while it
// runs and ends it by confirming; the last two are told.
enum class HookKind : std::uint8_t {
  pre_rollout,               // before the first step
  confirm_traffic_increase,  // before the canary's share grows
  confirm_promotion,         // before the canary becomes the stable version
  rollback,
  post_rollout,  // when it has ended, well or not
  event,         // whenever its state changes
};

struct HookSpec {
  HookKind kind = HookKind::event;
  std::string url = {};
  milliseconds timeout{10'000};
  friend bool operator==(const HookSpec&, const HookSpec&) = default;
};

// A metric that Prometheus knows, and what is wanted of it. The limits are Argo Rollouts': how
// often it may happen before it counts, 0: never.
struct MetricSpec {
  std::string name = {};
  std::string prometheus = {};  // URL of the server
  std::string query = {};       // PromQL; has one value
  milliseconds interval{60'000};
  milliseconds initial_delay{0};  // from when the canary gets its first weight
  std::string success = {};       // conditions on `result`; at least one of the two is there
  std::string failure = {};
  unsigned failure_limit = 0;
  unsigned inconclusive_limit = 0;         // neither success nor failure
  unsigned consecutive_error_limit = 4;    // it could not be asked
  unsigned consecutive_no_data_limit = 4;  // the query has no value now
  friend bool operator==(const MetricSpec&, const MetricSpec&) = default;
};

// A way from one version to the next, in steps that are guarded.
struct RolloutSpec {
  std::string route = {};
  std::string stable = {};
  std::string canary = {};
  std::vector<StepSpec> steps = {};
  std::vector<HookSpec> hooks = {};
  std::vector<MetricSpec> external = {};
  bool resumes = false;  // by itself after a restart of the proxy; else it waits
  friend bool operator==(const RolloutSpec&, const RolloutSpec&) = default;
};

// Two or more versions side by side, whose users are counted when they do what is wanted. Nothing
// is promoted by it.
struct ExperimentSpec {
  std::string name = {};
  std::string route = {};  // is sticky: a user stays where they were placed
  std::string control = {};
  std::vector<routing::WeightSpec> split = {};  // of the arms, the control among them
  std::vector<std::string> conversions = {};
  double confidence = 0.95;  // of all its intervals together
  friend bool operator==(const ExperimentSpec&, const ExperimentSpec&) = default;
};

}  // namespace sluice::rollout
