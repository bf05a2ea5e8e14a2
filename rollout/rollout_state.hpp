#pragma once
// Where a rollout is, as it is kept and shown. Pure values.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rollout/spec.hpp"

namespace sluice::rollout {

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
std::string_view label(HookKind kind) noexcept;
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

}  // namespace sluice::rollout
