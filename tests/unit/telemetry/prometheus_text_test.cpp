#include "telemetry/prometheus_text.hpp"

#include <limits>

#include <gtest/gtest.h>

#include "telemetry/families.hpp"

namespace sluice::telemetry {
namespace {

using prometheus::MetricType;

TEST(PrometheusText, WritesNumbersThatReadBack) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const struct {
    double value;
    const char* text;
  } cases[] = {
      {0, "0"},
      {-3, "-3"},
      {100000, "100000"},
      {9007199254740992.0, "9007199254740992"},
      {0.25, "0.25"},
      {0.0005, "0.0005"},
      {1e30, "1e+30"},
      {kInfinity, "+Inf"},
      {-kInfinity, "-Inf"},
      {std::numeric_limits<double>::quiet_NaN(), "NaN"},
  };
  for (const auto& it : cases) EXPECT_EQ(to_prometheus_text(it.value), it.text);
}

TEST(PrometheusText, EscapesHelpAndLabels) {
  FamilyBuilder family("x", "a\\b\nc\"d", MetricType::Gauge);
  family.add({{"l", "a\\b\nc\"d"}}, 1);
  EXPECT_EQ(to_prometheus_text({family.take()}),
            "# HELP x a\\\\b\\nc\"d\n"
            "# TYPE x gauge\n"
            "x{l=\"a\\\\b\\nc\\\"d\"} 1\n");
}

TEST(PrometheusText, LeavesOutAFamilyWithoutSamples) {
  FamilyBuilder family("x", "h", MetricType::Counter);
  EXPECT_EQ(to_prometheus_text({family.take()}), "");
}

TEST(PrometheusText, WritesAHistogramAtTheContractsBoundaries) {
  Histogram histogram;
  histogram.add(std::chrono::microseconds(500));  // a boundary belongs to the bucket below it
  histogram.add(std::chrono::microseconds(501));
  histogram.add(std::chrono::seconds(61));
  HistogramSum sum;
  sum.add(histogram);
  FamilyBuilder family("d_seconds", "h", MetricType::Histogram);
  family.add({{"r", "a"}}, sum);
  const std::string text = to_prometheus_text({family.take()});
  EXPECT_EQ(text,
            "# HELP d_seconds h\n"
            "# TYPE d_seconds histogram\n"
            "d_seconds_bucket{r=\"a\",le=\"0.0005\"} 1\n"
            "d_seconds_bucket{r=\"a\",le=\"0.001\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"0.0025\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"0.005\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"0.01\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"0.025\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"0.05\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"0.1\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"0.25\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"0.5\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"1\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"2.5\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"5\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"10\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"30\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"60\"} 2\n"
            "d_seconds_bucket{r=\"a\",le=\"+Inf\"} 3\n"
            "d_seconds_sum{r=\"a\"} 61.001001\n"
            "d_seconds_count{r=\"a\"} 3\n");
}

TEST(PrometheusText, AlwaysWritesTheBucketOfInfinity) {
  prometheus::MetricFamily family{"h", "h", MetricType::Histogram, {{}}};
  family.metric[0].histogram.sample_count = 2;
  family.metric[0].histogram.bucket = {{1, 0.5}};
  EXPECT_EQ(to_prometheus_text({family}),
            "# HELP h h\n# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\n"
            "h_sum 0\nh_count 2\n");
}

}  // namespace
}  // namespace sluice::telemetry
