#pragma once
// The steps of a rollout as a text that is kept, and back.
//
//   set_weight 0.05 | pause | pause 60000 | pause 60000 safe | gate 86400000 abort NAME
//   webhook 10000 TYPE URL | bake 600000 0.05
//
// one a line. Thread: any. Path: cold.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rollout/spec.hpp"

namespace sluice::control {

std::string format_steps(const std::vector<rollout::StepSpec>& steps);
// None for a text that format_steps() did not write.
std::optional<std::vector<rollout::StepSpec>> parse_steps(std::string_view text);

// One step for people: "set_weight 5%", "pause 1m until it is safe".
std::string in_words(const rollout::StepSpec& step);

}  // namespace sluice::control
