#include "control/weight_metrics.hpp"

#include "telemetry/families.hpp"

namespace sluice::control {
namespace {

using telemetry::FamilyBuilder;

void add_ratios(FamilyBuilder& family, const std::string& route, const Weights& weights) {
  double sum = 0;
  for (const auto& one : weights) sum += one.weight;
  for (const auto& [upstream, weight] : weights)
    family.add({{"route", route}, {"upstream", upstream}}, sum > 0 ? weight / sum : 0);
}

}  // namespace

void WeightMetrics::changed(const std::string& route, WeightSource source) {
  const std::lock_guard lock(mutex_);
  ++changes_[{route, source}];
}

std::vector<prometheus::MetricFamily> WeightMetrics::Collect() const {
  using prometheus::MetricType;
  FamilyBuilder applied("sluice_split_weight_ratio", "Share of the weights that an upstream has.",
                        MetricType::Gauge);
  FamilyBuilder configured("sluice_split_configured_weight_ratio",
                           "The same as the configuration says.", MetricType::Gauge);
  FamilyBuilder changes("sluice_weight_changes_total", "Changes of weights, by who decided.",
                        MetricType::Counter);
  const std::lock_guard lock(mutex_);
  auto counts = changes_;
  if (const auto view = view_()) {
    for (const auto& [route, entry] : view->state.weights) {
      add_ratios(applied, route, entry.weights);
      add_ratios(configured, route, entry.configured);
      // From zero on, so that the first change is an increase.
      for (std::size_t i = 0; i < kWeightSourceLabels.size(); ++i)
        counts.try_emplace({route, static_cast<WeightSource>(i)}, 0);
    }
  }
  for (const auto& [key, count] : counts)
    changes.add({{"route", key.first},
                 {"source", kWeightSourceLabels[static_cast<std::size_t>(key.second)]}},
                static_cast<double>(count));
  return {applied.take(), configured.take(), changes.take()};
}

}  // namespace sluice::control
