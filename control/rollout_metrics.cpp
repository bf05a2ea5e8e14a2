#include "control/rollout_metrics.hpp"

#include "telemetry/families.hpp"

namespace sluice::control {

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
  return {phases.take()};
}

}  // namespace sluice::control
