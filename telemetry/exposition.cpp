#include "telemetry/exposition.hpp"

#include <algorithm>
#include <iterator>
#include <map>

#include "telemetry/prometheus_text.hpp"

namespace sluice::telemetry {

std::vector<prometheus::MetricFamily> Exposition::gather() const {
  std::map<std::string, prometheus::MetricFamily> by_name;
  for (const auto& source : sources_) {
    for (prometheus::MetricFamily& family : source->Collect()) {
      const auto [place, fresh] = by_name.try_emplace(family.name, family);
      if (fresh) continue;
      std::move(family.metric.begin(), family.metric.end(),
                std::back_inserter(place->second.metric));
    }
  }
  std::vector<prometheus::MetricFamily> families;
  for (auto& [name, family] : by_name) {
    std::stable_sort(family.metric.begin(), family.metric.end(),
                     [](const auto& a, const auto& b) { return a.label < b.label; });
    families.push_back(std::move(family));
  }
  return families;
}

std::string Exposition::text() const {
  return to_prometheus_text(gather());
}

}  // namespace sluice::telemetry
