#pragma once
// Builds metric families, one line a sample.
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <prometheus/metric_family.h>

#include "telemetry/histogram.hpp"

namespace sluice::telemetry {

using LabelText = std::pair<std::string_view, std::string_view>;  // name, value
using LabelTexts = std::initializer_list<LabelText>;

class FamilyBuilder {
 public:
  FamilyBuilder(std::string name, std::string help, prometheus::MetricType type);

  // A sample of a counter or gauge family.
  void add(LabelTexts labels, double value);
  // A sample of a histogram family, in seconds, at the boundaries of the contract.
  void add(LabelTexts labels, const HistogramSum& durations);

  prometheus::MetricFamily take() { return std::move(family_); }

 private:
  prometheus::MetricFamily family_;
};

}  // namespace sluice::telemetry
