#pragma once
// `sluice demo`: plays a plan and shows it.
#include <iosfwd>

#include "app/demo/plan.hpp"

namespace sluice::app::demo {

// How the output is drawn. `terminal`: redrawn in place.
struct Look {
  bool terminal = false;
  bool colour = false;
};

// Plays until the plan's duration or requests are over, or SIGINT or SIGTERM; then a summary.
// Returns the exit code: 0 when there were no errors and every upstream was within three standard
// deviations of its share, as the clients saw it.
int play(const Plan& plan, const Look& look, std::ostream& out);

}  // namespace sluice::app::demo
