#pragma once
// W3C Trace Context: what `traceparent` and `tracestate` say, if they say anything.
//
// Path:   hot; views into the text, no allocation.
// Source: W3C Trace Context, level 1, sections 3.2 and 3.3.
#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice {

struct TraceParent {
  static constexpr std::uint8_t kSampled = 1;
  std::string_view trace_id;  // 32 lower-case hexadecimal digits, not all 0
  std::string_view span_id;   // 16 of them
  std::uint8_t flags = 0;
};

// Nothing for what is malformed, of version ff, or has an id of zeros alone: the trace is to be
// started anew then, and `tracestate` dropped. A later version than 00 may have more behind it.
std::optional<TraceParent> parse_traceparent(std::string_view text) noexcept;

// How many members a value of the field has; nothing when it is malformed.
std::optional<unsigned> count_tracestate(std::string_view text) noexcept;
inline constexpr unsigned kTracestateMembersMax = 32;

}  // namespace sluice
