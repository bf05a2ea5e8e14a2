#include "telemetry/trace_metrics.hpp"

#include "telemetry/families.hpp"

namespace sluice::telemetry {

std::vector<prometheus::MetricFamily> TraceMetrics::Collect() const {
  FamilyBuilder exported("sluice_trace_spans_exported_total", "Spans that the collector took.",
                         prometheus::MetricType::Counter);
  FamilyBuilder dropped("sluice_trace_spans_dropped_total",
                        "Spans that were due and not exported: too many waited, or the collector "
                        "did not take them.",
                        prometheus::MetricType::Counter);
  exported.add({}, static_cast<double>(queue_->spans_exported()));
  dropped.add({}, static_cast<double>(queue_->spans_dropped()));
  return {exported.take(), dropped.take()};
}

}  // namespace sluice::telemetry
