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
                     .Register(*registry_)),
      states_(prometheus::BuildGauge()
                  .Name("sluice_endpoint_health")
                  .Help("1 for the state that an endpoint is in.")
                  .Register(*registry_)) {}

void HealthMetrics::checked(const std::string& upstream, const std::string& endpoint,
                            std::string_view result) {
  checks_.Add({{"upstream", upstream}, {"endpoint", endpoint}, {"result", std::string(result)}})
      .Increment();
}

void HealthMetrics::ejected(const std::string& upstream, std::string_view reason) {
  ejections_.Add({{"upstream", upstream}, {"reason", std::string(reason)}}).Increment();
}

void HealthMetrics::is(const std::string& upstream, const std::string& endpoint,
                       std::string_view state) {
  States& states = endpoints_[{upstream, endpoint}];
  states.round = round_;
  auto known = states.gauges.find(state);
  if (known == states.gauges.end()) {
    prometheus::Gauge& gauge = states_.Add(
        {{"upstream", upstream}, {"endpoint", endpoint}, {"state", std::string(state)}});
    known = states.gauges.emplace(state, &gauge).first;
  }
  if (states.present == known->second) return;
  if (states.present != nullptr) states.present->Set(0);
  states.present = known->second;
  states.present->Set(1);
}

// One that is gone would be down, and alarm, for ever.
void HealthMetrics::end_states() {
  std::erase_if(endpoints_, [this](const auto& entry) {
    const States& states = entry.second;
    if (states.round == round_) return false;
    for (const auto& [state, gauge] : states.gauges) states_.Remove(gauge);
    return true;
  });
}

}  // namespace sluice::telemetry
