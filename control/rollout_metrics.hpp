#pragma once
// The phases of rollouts as metrics, and what they are told from outside.
//
// Thread: any. Path: cold.
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "control/control.hpp"
#include "control/rollout_counts.hpp"

namespace sluice::control {

class RolloutMetrics final : public prometheus::Collectable {
 public:
  // `view`: what is there to see; may give null. `counts` outlives this.
  RolloutMetrics(std::function<std::shared_ptr<const View>()> view, const RolloutCounts& counts)
      : view_(std::move(view)), counts_(counts) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::function<std::shared_ptr<const View>()> view_;
  const RolloutCounts& counts_;
};

}  // namespace sluice::control
