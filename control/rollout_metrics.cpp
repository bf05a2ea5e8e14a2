#include "control/rollout_metrics.hpp"

#include "telemetry/families.hpp"

namespace sluice::control {
namespace {

void add(telemetry::FamilyBuilder& family, const std::string& label,
         const RolloutCounts::Counts& counts) {
  for (const auto& [key, count] : counts) {
    const auto& [route, who, outcome] = key;
    family.add({{"route", route}, {label, who}, {"outcome", outcome}}, static_cast<double>(count));
  }
}

}  // namespace

std::vector<prometheus::MetricFamily> RolloutMetrics::Collect() const {
  using rollout::Phase;
  telemetry::FamilyBuilder phases("sluice_rollout_phase",
                                  "1 for the phase that the newest rollout of a route is in.",
                                  prometheus::MetricType::Gauge);
  if (const auto view = view_()) {
    for (const auto& [route, state] : view->state.rollouts)
      for (const Phase phase :
           {Phase::progressing, Phase::paused, Phase::baking, Phase::succeeded, Phase::aborted})
        phases.add({{"route", route}, {"phase", std::string(label(phase))}},
                   state.phase == phase ? 1 : 0);
  }
  telemetry::FamilyBuilder hooks("sluice_rollout_hook_calls_total",
                                 "Answers of the hooks of rollouts, by type.",
                                 prometheus::MetricType::Counter);
  add(hooks, "type", counts_.hooks());
  telemetry::FamilyBuilder measurements("sluice_rollout_measurements_total",
                                        "What metrics from outside have said of rollouts.",
                                        prometheus::MetricType::Counter);
  add(measurements, "metric", counts_.measurements());
  return {phases.take(), hooks.take(), measurements.take()};
}

}  // namespace sluice::control
