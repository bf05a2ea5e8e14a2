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

}  // namespace sluice::telemetry
