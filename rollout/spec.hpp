#pragma once
// What a user may write about rollouts.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

// A way from one version to the next, in steps that are guarded.
struct RolloutSpec {
  std::string route = {};
  std::string stable = {};
  std::string canary = {};
  std::vector<StepSpec> steps = {};
  bool resumes = false;  // by itself after a restart of the proxy; else it waits
  friend bool operator==(const RolloutSpec&, const RolloutSpec&) = default;
};

}  // namespace sluice::rollout
