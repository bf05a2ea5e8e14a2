#include "proxy/http1/head_parser.hpp"

#include <cstring>

#include "base/ascii.hpp"

namespace sluice::proxy::http1 {

std::string_view to_string(HeadProblem problem) noexcept {
  switch (problem) {
    case HeadProblem::none:
      return "none";
    case HeadProblem::bad_line_end:
      return "a line does not end with CRLF";
    case HeadProblem::bad_first_line:
      return "malformed start line";
    case HeadProblem::bad_target:
      return "malformed request target";
    case HeadProblem::bad_version:
      return "malformed protocol version";
    case HeadProblem::unsupported_version:
      return "unsupported protocol version";
    case HeadProblem::first_line_too_long:
      return "request target too long";
    case HeadProblem::head_too_large:
      return "header section too large";
    case HeadProblem::too_many_fields:
      return "too many header fields";
    case HeadProblem::bad_field_name:
      return "malformed header field name";
    case HeadProblem::bad_field_value:
      return "malformed header field value";
  }
  return "?";
}

// ---- finding the end -----------------------------------------------------------------------

HeadScan::Found HeadScan::fail(HeadProblem problem) noexcept {
  problem_ = problem;
  return Found::bad;
}

HeadScan::Found HeadScan::scan(std::string_view input, const HeadLimits& limits) noexcept {
  while (scanned_ < input.size()) {
    const void* const found = std::memchr(input.data() + scanned_, '\n', input.size() - scanned_);
    if (found == nullptr) {
      scanned_ = input.size();
      break;
    }
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
    if (at == line_start_ || input[at - 1] != '\r') return fail(HeadProblem::bad_line_end);
    const std::size_t line_size = at - 1 - line_start_;
    if (in_first_line_ && line_size > limits.first_line)
      return fail(HeadProblem::first_line_too_long);
    scanned_ = line_start_ = at + 1;
    if (scanned_ > limits.bytes) return fail(HeadProblem::head_too_large);
    if (line_size == 0) return Found::complete;
    in_first_line_ = false;
  }
  if (in_first_line_ && input.size() > limits.first_line + 2u)
    return fail(HeadProblem::first_line_too_long);
  if (input.size() >= limits.bytes) return fail(HeadProblem::head_too_large);
  return Found::incomplete;
}

// ---- lines ---------------------------------------------------------------------------------

namespace {

// Cuts the next line, without CRLF, off `rest`. HeadScan has made sure that there is one.
std::string_view next_line(std::string_view& rest) noexcept {
  const auto* const end = static_cast<const char*>(std::memchr(rest.data(), '\n', rest.size()));
  const auto size = static_cast<std::size_t>(end - rest.data());
  const std::string_view line = rest.substr(0, size - 1);
  rest.remove_prefix(size + 1);
  return line;
}

HeadProblem parse_version(std::string_view text, bool& http_1_0) noexcept {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.size() != 8 || !text.starts_with("HTTP/") || !digit(text[5]) || text[6] != '.' ||
      !digit(text[7]))
    return HeadProblem::bad_version;
  if (text[5] != '1' || text[7] > '1')
    return text[5] == '0' ? HeadProblem::bad_version : HeadProblem::unsupported_version;
  http_1_0 = text[7] == '0';
  return HeadProblem::none;
}

HeadProblem parse_request_line(std::string_view line, RequestHead& out) noexcept {
  const std::size_t first = line.find(' ');
  if (first == std::string_view::npos || first == 0) return HeadProblem::bad_first_line;
  const std::size_t second = line.find(' ', first + 1);
  if (second == std::string_view::npos) return HeadProblem::bad_first_line;
  out.method = line.substr(0, first);
  out.target = line.substr(first + 1, second - first - 1);
  if (!is_token(out.method)) return HeadProblem::bad_first_line;
  if (!is_target(out.target)) return HeadProblem::bad_target;
  // The connection preface of HTTP/2 is a well-formed request line; here it is nobody's request.
  if (out.method == "PRI") return HeadProblem::bad_version;
  out.method_id = identify_method(out.method);
  return parse_version(line.substr(second + 1), out.http_1_0);
}

// "HTTP/1.1 200 OK"; the blank before an absent reason may be missing, as many servers do.
HeadProblem parse_status_line(std::string_view line, ResponseHead& out) noexcept {
  if (line.size() < 12 || line[8] != ' ') return HeadProblem::bad_first_line;
  if (parse_version(line.substr(0, 8), out.http_1_0) != HeadProblem::none)
    return HeadProblem::bad_version;
  unsigned status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return HeadProblem::bad_first_line;
    status = status * 10 + static_cast<unsigned>(c - '0');
  }
  if (status < 100 || status > 599) return HeadProblem::bad_first_line;
  if (line.size() > 12 && line[12] != ' ') return HeadProblem::bad_first_line;
  out.status = static_cast<std::uint16_t>(status);
  out.reason = line.size() > 13 ? line.substr(13) : std::string_view{};
  return is_field_value(out.reason) ? HeadProblem::none : HeadProblem::bad_first_line;
}

HeadProblem parse_fields(std::string_view rest, const HeadLimits& limits,
                         FieldList& fields) noexcept {
  fields.clear();
  for (std::string_view line = next_line(rest); !line.empty(); line = next_line(rest)) {
    Field field;
    const HeadProblem problem = parse_field_line(line, field);
    if (problem != HeadProblem::none) return problem;
    if (fields.size() >= limits.count ||
        !fields.add(field.name, field.value, identify_field(field.name)))
      return HeadProblem::too_many_fields;
  }
  return HeadProblem::none;
}

}  // namespace

HeadProblem parse_field_line(std::string_view line, Field& out) noexcept {
  std::size_t colon = 0;
  while (colon < line.size() && is_token_char(line[colon])) ++colon;
  // Also catches a folded line, a blank before the colon and a line without one.
  if (colon == 0 || colon == line.size() || line[colon] != ':') return HeadProblem::bad_field_name;
  out.name = line.substr(0, colon);
  out.value = trim_blanks(line.substr(colon + 1));
  return is_field_value(out.value) ? HeadProblem::none : HeadProblem::bad_field_value;
}

HeadProblem parse_request_head(std::string_view head, const HeadLimits& limits,
                               RequestHead& out) noexcept {
  std::string_view rest = head;
  const HeadProblem problem = parse_request_line(next_line(rest), out);
  if (problem != HeadProblem::none) return problem;
  return parse_fields(rest, limits, out.fields);
}

HeadProblem parse_response_head(std::string_view head, const HeadLimits& limits,
                                ResponseHead& out) noexcept {
  std::string_view rest = head;
  const HeadProblem problem = parse_status_line(next_line(rest), out);
  if (problem != HeadProblem::none) return problem;
  return parse_fields(rest, limits, out.fields);
}

}  // namespace sluice::proxy::http1
