#pragma once
// sluice_endpoint_health: for every endpoint that there is, all states, 1 for the one that it is
// in.
//
// Thread: any that `statuses` may be called on. Path: cold.
#include <functional>
#include <utility>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "health/status.hpp"

namespace sluice::health {

class StateMetrics final : public prometheus::Collectable {
 public:
  using Statuses = std::function<std::vector<EndpointStatus>()>;
  explicit StateMetrics(Statuses statuses) : statuses_(std::move(statuses)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  Statuses statuses_;
};

}  // namespace sluice::health
