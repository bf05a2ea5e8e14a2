#pragma once
// The strict HTTP/1 head parser: span in, views out, no allocation. Only what is unambiguous
// passes. What the fields *mean* together (framing, Host, hop-by-hop) is decided by
// proxy/request_policy and proxy/response_policy.
//
// Path:   hot.
// Source: RFC 9112 sections 2-5; RFC 9110 section 5; the refusals are design rows 1-5, 14-16, 35.
#include <cstdint>
#include <string_view>

#include "proxy/message.hpp"

namespace sluice::proxy::http1 {

struct HeadLimits {
  std::uint32_t bytes = 16 * 1024;
  std::uint32_t count = 100;
  std::uint32_t first_line = 8 * 1024;
};

enum class HeadProblem : std::uint8_t {
  none,
  bad_line_end,    // bare LF or CR
  bad_first_line,  // not "METHOD SP target SP HTTP/d.d" or a status line
  bad_target,
  bad_version,          // a version that is none, HTTP/0.9, the HTTP/2 preface
  unsupported_version,  // 505: well-formed, but neither 1.0 nor 1.1
  first_line_too_long,  // 414
  head_too_large,       // 431
  too_many_fields,      // 431
  bad_field_name,       // empty, no token, blank before the colon, no colon, folded line
  bad_field_value,      // a control character
};

std::string_view to_string(HeadProblem problem) noexcept;

// Finds the empty line, however the bytes are cut into pieces. Looks at each byte once.
//
// Shape: call again with the same bytes and more behind them; reset() for the next message.
class HeadScan {
 public:
  enum class Found : std::uint8_t { incomplete, complete, bad };
  Found scan(std::string_view input, const HeadLimits& limits) noexcept;
  std::size_t head_size() const noexcept { return line_start_; }  // complete: with the empty line
  HeadProblem problem() const noexcept { return problem_; }
  void reset() noexcept { *this = HeadScan(); }

 private:
  Found fail(HeadProblem problem) noexcept;
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  bool in_first_line_ = true;
  HeadProblem problem_ = HeadProblem::none;
};

// `head`: from the first byte of the first line to the end of the empty line, as HeadScan found it.
// Of `out` only what stands in the first line and the fields is filled in.
HeadProblem parse_request_head(std::string_view head, const HeadLimits& limits,
                               RequestHead& out) noexcept;
HeadProblem parse_response_head(std::string_view head, const HeadLimits& limits,
                                ResponseHead& out) noexcept;

// One "name: value" line without its CRLF. Also for trailers.
HeadProblem parse_field_line(std::string_view line, Field& out) noexcept;

}  // namespace sluice::proxy::http1
