#pragma once
// Traces as the body of an OTLP request over HTTP, in JSON.
//
// Path:   cold: the exporter's.
// Source: OpenTelemetry protocol 1.x, trace.proto in its JSON mapping (ids in hexadecimal, 64 bit
//         numbers as strings); semantic conventions for HTTP spans 1.2x.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/trace_record.hpp"

namespace sluice::telemetry {

// `wall_offset`: what to add to a steady time to get the time since 1970.
std::string otlp_traces(const std::vector<std::unique_ptr<TraceRecord>>& traces,
                        std::string_view service, std::chrono::nanoseconds wall_offset);

}  // namespace sluice::telemetry
