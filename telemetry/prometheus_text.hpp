#pragma once
// Writes metric families in the Prometheus text format 0.0.4. Our own, since the library's does not
// escape HELP (dependencies.md section 3).
//
// Path: cold. Source: prometheus.io/docs/instrumenting/exposition_formats
#include <string>
#include <vector>

#include <prometheus/metric_family.h>

namespace sluice::telemetry {

inline constexpr char kPrometheusTextType[] = "text/plain; version=0.0.4; charset=utf-8";

// In the order given. Families without samples are left out, since only their header would remain.
std::string to_prometheus_text(const std::vector<prometheus::MetricFamily>& families);

// "0.25", "1e+30", "NaN", "+Inf", "-Inf": reads back as the same number. Whole numbers have no
// exponent as far as they are exact.
std::string to_prometheus_text(double value);

}  // namespace sluice::telemetry
