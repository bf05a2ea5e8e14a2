#include "telemetry/families.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace sluice::telemetry {
namespace {

// Each is an exact upper bound of a bucket of Histogram.
constexpr std::array<std::uint64_t, 16> kBoundariesUs{
    500,     1'000,   2'500,     5'000,     10'000,    25'000,     50'000,     100'000,
    250'000, 500'000, 1'000'000, 2'500'000, 5'000'000, 10'000'000, 30'000'000, 60'000'000};

consteval bool boundaries_are_exact() {
  for (const std::uint64_t us : kBoundariesUs)
    if (Histogram::upper_us(Histogram::bucket_of(us)) != us) return false;
  return true;
}
static_assert(boundaries_are_exact());

constexpr double kUsPerSecond = 1e6;

prometheus::ClientMetric labelled(LabelTexts labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : labels)
    metric.label.push_back({std::string(name), std::string(value)});
  return metric;
}

}  // namespace

FamilyBuilder::FamilyBuilder(std::string name, std::string help, prometheus::MetricType type)
    : family_{std::move(name), std::move(help), type, {}} {}

void FamilyBuilder::add(LabelTexts labels, double value) {
  prometheus::ClientMetric metric = labelled(labels);
  metric.counter.value = value;
  metric.gauge.value = value;
  family_.metric.push_back(std::move(metric));
}

void FamilyBuilder::add(LabelTexts labels, const HistogramSum& durations) {
  prometheus::ClientMetric metric = labelled(labels);
  metric.histogram.sample_count = durations.count();
  metric.histogram.sample_sum = static_cast<double>(durations.sum_us()) / kUsPerSecond;
  for (const std::uint64_t us : kBoundariesUs)
    metric.histogram.bucket.push_back(
        {durations.count_up_to(us), static_cast<double>(us) / kUsPerSecond});
  metric.histogram.bucket.push_back(
      {metric.histogram.sample_count, std::numeric_limits<double>::infinity()});
  family_.metric.push_back(std::move(metric));
}

}  // namespace sluice::telemetry
