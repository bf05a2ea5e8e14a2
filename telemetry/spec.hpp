#pragma once
// What a user may write about the access log. Filled by config/, read by telemetry/ and app/.
#include <cstdint>
#include <string>

namespace sluice::telemetry {

enum class LogFormat : std::uint8_t { json, combined, off };

struct AccessLogSpec {
  std::string path = "stdout";  // a file, or `stdout`, or `stderr`
  LogFormat format = LogFormat::json;
  double sample = 1.0;  // share of the requests that get a line
  friend bool operator==(const AccessLogSpec&, const AccessLogSpec&) = default;
};

struct TracingSpec {
  std::string otlp = {};           // http:// or https://, of a collector
  double sample = 0.01;            // share of the traces that begin here and are recorded
  std::string service = "sluice";  // service.name
  friend bool operator==(const TracingSpec&, const TracingSpec&) = default;
};

}  // namespace sluice::telemetry
