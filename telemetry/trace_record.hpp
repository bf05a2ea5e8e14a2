#pragma once
// What is known about one sampled request: the span of the request, and one for each attempt.
//
// Thread: filled by one worker, then read by the exporter; it belongs to one of them at a time.
// Path:   of sampled requests only; allocates.
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::telemetry {

using TraceId = std::array<char, 32>;  // lower-case hexadecimal digits
using SpanId = std::array<char, 16>;

struct AttemptSpan {
  SpanId id{};
  std::chrono::steady_clock::time_point began{};
  std::chrono::steady_clock::time_point ended{};
  std::string upstream;
  std::string endpoint;
  std::uint16_t status = 0;  // 0: no response
  std::string_view failure;  // label; empty: none
};

struct TraceRecord {
  TraceId trace{};
  SpanId span{};
  SpanId parent{};  // begins with 0 bytes: there is none
  std::chrono::steady_clock::time_point began{};
  std::chrono::steady_clock::time_point ended{};
  std::string method;
  std::string host;
  std::string path;  // without the query, which may hold secrets
  std::string client_ip;
  std::string user_agent;
  std::string request_id;
  std::string route;
  std::string upstream;
  // Texts that live as long as the process; empty: absent.
  std::string_view scheme;
  std::string_view protocol;  // "1.1"
  std::string_view split_reason;
  std::string_view failure;
  std::uint16_t status = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t response_bytes = 0;
  std::uint64_t generation = 0;
  std::vector<AttemptSpan> attempts;

  std::size_t spans() const noexcept { return 1 + attempts.size(); }
};

}  // namespace sluice::telemetry
