#include "telemetry/access_log_metrics.hpp"

#include "telemetry/families.hpp"

namespace sluice::telemetry {

std::vector<prometheus::MetricFamily> AccessLogMetrics::Collect() const {
  FamilyBuilder family("sluice_access_log_dropped_total",
                       "Lines that were due and not written: the queue was full, or the file.",
                       prometheus::MetricType::Counter);
  family.add({}, static_cast<double>(log_->dropped()));
  return {family.take()};
}

}  // namespace sluice::telemetry
