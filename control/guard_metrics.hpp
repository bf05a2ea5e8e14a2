#pragma once
// What guards weigh and what they have done, as metrics.
//
// Thread: any. Path: cold.
#include <functional>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "control/guards.hpp"

namespace sluice::control {

class GuardMetrics final : public prometheus::Collectable {
 public:
  // `guards` outlives this.
  explicit GuardMetrics(const Guards& guards) : guards_(guards) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  const Guards& guards_;
};

}  // namespace sluice::control
