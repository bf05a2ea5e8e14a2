#pragma once
// sluice_trace_spans_exported_total, sluice_trace_spans_dropped_total.
//
// Thread: any. Path: cold.
#include <memory>
#include <vector>

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include "telemetry/trace_queue.hpp"

namespace sluice::telemetry {

class TraceMetrics final : public prometheus::Collectable {
 public:
  explicit TraceMetrics(std::shared_ptr<const TraceQueue> queue) : queue_(std::move(queue)) {}
  std::vector<prometheus::MetricFamily> Collect() const override;

 private:
  std::shared_ptr<const TraceQueue> queue_;
};

}  // namespace sluice::telemetry
