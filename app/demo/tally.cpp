#include "app/demo/tally.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sluice::app::demo {

Tally::Tally(const std::vector<Variant>& variants) {
  double total = 0;
  for (const Variant& variant : variants) total += variant.weight;
  for (const Variant& variant : variants)
    rows_.push_back(std::make_unique<Row>(variant.name, variant.weight / total));
}

void Tally::add(std::string_view name, std::chrono::nanoseconds latency) noexcept {
  for (const auto& row : rows_) {
    if (row->name != name) continue;
    row->latency.add(latency);
    return row->answers.add();
  }
  errors_.add();
}

Count Tally::count() const {
  Count count;
  for (const auto& row : rows_) {
    telemetry::HistogramSum latency;
    latency.add(row->latency);
    count.variants.push_back({row->name, row->configured, row->answers.load(),
                              latency.quantile_us(0.5), latency.quantile_us(0.99)});
    count.answers += count.variants.back().answers;
  }
  count.errors = errors_.load();
  return count;
}

std::uint64_t Tally::answers() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& row : rows_) sum += row->answers.load();
  return sum;
}

double deviation(std::uint64_t seen, std::uint64_t total, double share) noexcept {
  const auto n = static_cast<double>(total);
  const double distance = std::fabs(static_cast<double>(seen) - n * share);
  const double sigma = std::sqrt(n * share * (1 - share));
  if (sigma > 0) return distance / sigma;
  return distance == 0 ? 0 : std::numeric_limits<double>::infinity();
}

bool is_as_configured(const Count& count) noexcept {
  return count.answers > 0 && count.errors == 0 &&
         std::ranges::all_of(count.variants, [&](const Seen& it) {
           return deviation(it.answers, count.answers, it.configured) <= kDeviationMax;
         });
}

}  // namespace sluice::app::demo
