#pragma once
// sluice_access_log_dropped_total.
//
// Thread: any. Path: cold.
#include <memory>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "telemetry/access_log.hpp"

namespace sluice::telemetry {

class AccessLogMetrics final : public prometheus::Collectable {
 public:
  explicit AccessLogMetrics(std::shared_ptr<const AccessLog> log) : log_(std::move(log)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::shared_ptr<const AccessLog> log_;
};

}  // namespace sluice::telemetry
