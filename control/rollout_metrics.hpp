#pragma once
// The phases of rollouts as metrics.
//
// Thread: any. Path: cold.
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "control/control.hpp"

namespace sluice::control {

class RolloutMetrics final : public prometheus::Collectable {
 public:
  // What is there to see; may give null.
  explicit RolloutMetrics(std::function<std::shared_ptr<const View>()> view)
      : view_(std::move(view)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::function<std::shared_ptr<const View>()> view_;
};

}  // namespace sluice::control
