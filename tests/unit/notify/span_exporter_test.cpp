#include "notify/span_exporter.hpp"

#include <gtest/gtest.h>

namespace sluice::notify {
namespace {

TEST(TracesUrl, HasThePathOfTheProtocolUnlessItHasOne) {
  const std::pair<const char*, const char*> rows[] = {
      {"http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"},
      {"http://127.0.0.1:4318/", "http://127.0.0.1:4318/v1/traces"},
      {"https://c.example/otlp/v1/traces", "https://c.example/otlp/v1/traces"}};
  for (const auto& [otlp, url] : rows) EXPECT_EQ(traces_url(otlp), url);
}

// Nobody listens: what waits is dropped and counted, and the end does not wait for it.
TEST(SpanExporter, EndsAndCountsWithoutACollector) {
  auto queue = std::make_shared<telemetry::TraceQueue>();
  std::vector<std::string> said;
  {
    SpanExporter exporter({.otlp = "http://127.0.0.1:1"}, queue,
                          [&](const std::string& line) { said.push_back(line); });
    for (int i = 0; i < 1'000; ++i) queue->put(std::make_unique<telemetry::TraceRecord>());
  }
  EXPECT_EQ(queue->spans_dropped(), 1'000U);
  EXPECT_EQ(queue->spans_exported(), 0U);
  EXPECT_EQ(said.size(), 1U);
}

}  // namespace
}  // namespace sluice::notify
