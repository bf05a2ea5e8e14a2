#pragma once
// The weights that give a canary its share.
//
// Thread: any. Path: cold. Pure.
#include <string>
#include <vector>

#include "routing/spec.hpp"

namespace sluice::rollout {

// `weights` with `share` of what stable and canary have together for the canary, and the rest for
// stable; the others keep what they have of the whole. In the smallest whole numbers that are exact
// to a hundredth of a per cent.
std::vector<routing::WeightSpec> with_share(const std::vector<routing::WeightSpec>& weights,
                                            const std::string& stable, const std::string& canary,
                                            double share);

}  // namespace sluice::rollout
