// Spans on their way to a collector that is up, and to one that is not.
#include <csignal>
#include <regex>

#include <gtest/gtest.h>

#include "tests/e2e/rig.hpp"

namespace sluice::test {
namespace {

std::vector<std::string> collector(std::uint16_t port) {
  return {"python3", SLUICE_SOURCE_DIR "/tests/support/receiver.py", std::to_string(port)};
}

std::string configuration(std::uint16_t port, const Backends& backends) {
  return "access_log: { path: access.log }\ntracing: { otlp: \"http://127.0.0.1:" +
         std::to_string(port) + "\", sample: 100%, service: edge }\n" +
         backends.with_route("split: { blue: 1 }");
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string field(const std::string& text, const std::string& name) {
  std::smatch found;
  const std::regex pattern("\"" + name + "\": ?\"([0-9a-f]+)\"");
  return std::regex_search(text, found, pattern) ? found[1].str() : "";
}

TEST(Tracing, SpansReachTheCollector) {
  const TempFolder folder;
  const Backends backends(folder);
  const std::uint16_t port = free_port();
  const Process taking(collector(port), folder / "collector.log");
  ASSERT_TRUE(wait_until_listening(port));
  Program sluice(folder, configuration(port, backends));
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  run_program({"curl", "-sS", "-H", "traceparent: 00-" + trace + "-b7ad6b7169203331-01",
               sluice.url("/a?secret=1")});
  ASSERT_TRUE(taking.wait_for_output(trace));
  const std::string told = taking.output();
  for (const char* const part :
       {"\"path\": \"/v1/traces\"", "\"content-type\": \"application/json\"",
        "{\"key\": \"service.name\", \"value\": {\"stringValue\": \"edge\"}}",
        "\"parentSpanId\": \"b7ad6b7169203331\"", "\"name\": \"GET all\"", "\"kind\": 2",
        "\"kind\": 3", "{\"key\": \"url.path\", \"value\": {\"stringValue\": \"/a\"}}",
        "{\"key\": \"sluice.upstream\", \"value\": {\"stringValue\": \"blue\"}}"})
    EXPECT_TRUE(has(told, part)) << part << "\n" << told;
  EXPECT_FALSE(has(told, "secret"));
  const std::string attempt = told.substr(told.find("\"kind\": 2"));
  EXPECT_EQ(field(attempt, "parentSpanId"), field(told, "spanId")) << told;

  run_program({"curl", "-sS", sluice.url("/started-here")});
  ASSERT_TRUE(taking.wait_for_output("/started-here"));
  std::string metrics;
  for (int i = 0; i < 100 && !has(metrics, "sluice_trace_spans_exported_total 4"); ++i)
    metrics = sluice.metrics();
  EXPECT_TRUE(has(metrics, "sluice_trace_spans_exported_total 4")) << metrics;
  EXPECT_TRUE(has(sluice.metrics(), "sluice_trace_spans_dropped_total 0"));
  sluice.process().signal(SIGTERM);
  EXPECT_EQ(sluice.process().wait(), 0);
  const std::string log = read_file(folder / "access.log");
  EXPECT_TRUE(has(log, "\"trace_id\":\"" + trace + "\"")) << log;
  const std::string started = field(log.substr(log.find('\n')), "trace_id");
  EXPECT_EQ(started.size(), 32U) << log;
  EXPECT_TRUE(has(taking.output(), started)) << "whoever reads the log finds the spans";
}

// The collector is down: requests do not notice, and what it missed is counted.
TEST(Tracing, ACollectorThatIsDownIsInNobodysWay) {
  const TempFolder folder;
  const Backends backends(folder);
  Program sluice(folder, configuration(free_port(), backends));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(run_program({"curl", "-sS", "--max-time", "2", sluice.url()}).output, "blue ");
  EXPECT_TRUE(sluice.says("tracing: the collector takes no spans"));
  const auto began = std::chrono::steady_clock::now();
  sluice.process().signal(SIGTERM);
  EXPECT_EQ(sluice.process().wait(), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(8));
}

}  // namespace
}  // namespace sluice::test
