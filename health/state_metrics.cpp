#include "health/state_metrics.hpp"

#include "telemetry/families.hpp"

namespace sluice::health {

std::vector<prometheus::MetricFamily> StateMetrics::Collect() const {
  telemetry::FamilyBuilder family("sluice_endpoint_health",
                                  "1 for the state that an endpoint is in.",
                                  prometheus::MetricType::Gauge);
  for (const EndpointStatus& status : statuses_())
    for (const std::string_view state : kStateLabels)
      family.add({{"upstream", status.upstream}, {"endpoint", status.address}, {"state", state}},
                 state == status.state ? 1 : 0);
  return {family.take()};
}

}  // namespace sluice::health
