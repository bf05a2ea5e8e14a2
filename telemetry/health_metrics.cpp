#include "telemetry/health_metrics.hpp"

namespace sluice::telemetry {

HealthMetrics::HealthMetrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      checks_(prometheus::BuildCounter()
                  .Name("sluice_health_checks_total")
                  .Help("Checks of endpoints, by what they found.")
                  .Register(*registry_)),
      ejections_(prometheus::BuildCounter()
                     .Name("sluice_endpoint_ejections_total")
                     .Help("Endpoints taken out because they failed the traffic itself.")
                     .Register(*registry_)) {}

void HealthMetrics::checked(const std::string& upstream, const std::string& endpoint,
                            std::string_view result) {
  checks_.Add({{"upstream", upstream}, {"endpoint", endpoint}, {"result", std::string(result)}})
      .Increment();
}

void HealthMetrics::may_eject(const std::string& upstream, std::string_view reason) {
  ejections_.Add({{"upstream", upstream}, {"reason", std::string(reason)}});
}

void HealthMetrics::ejected(const std::string& upstream, std::string_view reason) {
  ejections_.Add({{"upstream", upstream}, {"reason", std::string(reason)}}).Increment();
}

}  // namespace sluice::telemetry
