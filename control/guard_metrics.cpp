#include "control/guard_metrics.hpp"

#include "telemetry/families.hpp"

namespace sluice::control {

std::vector<prometheus::MetricFamily> GuardMetrics::Collect() const {
  using prometheus::MetricType;
  using telemetry::FamilyBuilder;
  FamilyBuilder evidence(
      "sluice_guard_log_evidence",
      "Natural logarithm of the evidence that an upstream is worse than its baseline.",
      MetricType::Gauge);
  for (const auto& one : guards_.gauges())
    evidence.add({{"route", one.route}, {"upstream", one.upstream}, {"metric", one.metric}},
                 one.log_evidence);
  FamilyBuilder reversions("sluice_reversions_total",
                           "Upstreams that lost their weight by themselves, by metric.",
                           MetricType::Counter);
  for (const auto& [key, count] : guards_.reversions())
    reversions.add({{"route", key.first}, {"reason", key.second}}, static_cast<double>(count));
  return {evidence.take(), reversions.take()};
}

}  // namespace sluice::control
