#include "telemetry/prometheus_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>

namespace sluice::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

void append_escaped(std::string& out, std::string_view text, bool quoted) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quoted) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string_view type_name(MetricType type) {
  switch (type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Gauge:
      return "gauge";
    case MetricType::Summary:
      return "summary";
    case MetricType::Histogram:
      return "histogram";
    case MetricType::Untyped:
      break;
  }
  return "untyped";
}

// One more label of a sample, with a number in it; none when the name is empty.
struct Extra {
  std::string_view name;
  double value = 0;
};

class Writer {
 public:
  void write(const MetricFamily& family) {
    if (family.metric.empty()) return;
    out_.append("# HELP ").append(family.name).append(" ");
    append_escaped(out_, family.help, false);
    out_.append("\n# TYPE ").append(family.name).append(" ").append(type_name(family.type));
    out_ += '\n';
    for (const ClientMetric& metric : family.metric) write(family, metric);
  }
  std::string take() { return std::move(out_); }

 private:
  void write(const MetricFamily& family, const ClientMetric& metric) {
    switch (family.type) {
      case MetricType::Counter:
        return sample(family.name, "", metric, metric.counter.value);
      case MetricType::Gauge:
        return sample(family.name, "", metric, metric.gauge.value);
      case MetricType::Untyped:
        return sample(family.name, "", metric, metric.untyped.value);
      case MetricType::Summary:
        return write_summary(family.name, metric);
      case MetricType::Histogram:
        return write_histogram(family.name, metric);
    }
  }

  void write_summary(const std::string& name, const ClientMetric& metric) {
    for (const auto& quantile : metric.summary.quantile)
      sample(name, "", metric, quantile.value, {"quantile", quantile.quantile});
    sample(name, "_sum", metric, metric.summary.sample_sum);
    sample(name, "_count", metric, static_cast<double>(metric.summary.sample_count));
  }

  // The bucket of +Inf is required, and is the count, whether or not it was given.
  void write_histogram(const std::string& name, const ClientMetric& metric) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const auto count = static_cast<double>(metric.histogram.sample_count);
    for (const auto& bucket : metric.histogram.bucket)
      if (bucket.upper_bound != kInfinity)
        sample(name, "_bucket", metric, static_cast<double>(bucket.cumulative_count),
               {"le", bucket.upper_bound});
    sample(name, "_bucket", metric, count, {"le", kInfinity});
    sample(name, "_sum", metric, metric.histogram.sample_sum);
    sample(name, "_count", metric, count);
  }

  void sample(std::string_view name, std::string_view suffix, const ClientMetric& metric,
              double value, const Extra& extra = {}) {
    out_.append(name).append(suffix);
    char separator = '{';
    const auto label = [&](std::string_view label_name, std::string_view text) {
      out_ += separator;
      out_.append(label_name).append("=\"");
      append_escaped(out_, text, true);
      out_ += '"';
      separator = ',';
    };
    for (const auto& one : metric.label) label(one.name, one.value);
    if (!extra.name.empty()) label(extra.name, to_prometheus_text(extra.value));
    if (separator == ',') out_ += '}';
    out_.append(" ").append(to_prometheus_text(value));
    if (metric.timestamp_ms != 0) out_.append(" ").append(std::to_string(metric.timestamp_ms));
    out_ += '\n';
  }

  std::string out_;
};

}  // namespace

std::string to_prometheus_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (value == std::floor(value) && std::fabs(value) <= kExact)
    return std::to_string(static_cast<std::int64_t>(value));
  // "0.0005", as people write boundaries, not the shorter "5e-04".
  const bool plain = std::fabs(value) >= 1e-6 && std::fabs(value) < 1e15;
  const auto format = plain ? std::chars_format::fixed : std::chars_format::general;
  std::array<char, 40> text;  // the shortest digits of a double are at most 17
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format).ptr;
  return {text.data(), end};
}

std::string to_prometheus_text(const std::vector<MetricFamily>& families) {
  Writer writer;
  for (const MetricFamily& family : families) writer.write(family);
  return writer.take();
}

}  // namespace sluice::telemetry
