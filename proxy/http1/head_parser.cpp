#include "proxy/http1/head_parser.hpp"

#include "base/ascii.hpp"
#include "base/scan.hpp"

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
  const char* const begin = input.data();
  const char* const end = begin + input.size();
  // In registers while it lasts.
  std::size_t line_start = line_start_;
  bool in_first_line = in_first_line_;
  Newlines newlines(begin + scanned_, end);
  for (const char* at = newlines.next(); at != end; at = newlines.next()) {
    const auto position = static_cast<std::size_t>(at - begin);
    // Too long before this byte came: whoever sent the rest earlier gets the same answer.
    if (in_first_line && position > limits.first_line + 2u)
      return fail(HeadProblem::first_line_too_long);
    if (position >= limits.bytes) return fail(HeadProblem::head_too_large);
    if (position == line_start || at[-1] != '\r') return fail(HeadProblem::bad_line_end);
    const std::size_t line_size = position - 1 - line_start;
    if (in_first_line && line_size > limits.first_line)
      return fail(HeadProblem::first_line_too_long);
    line_start = position + 1;
    if (line_size == 0) {
      line_start_ = line_start;
      return Found::complete;
    }
    in_first_line = false;
  }
  scanned_ = input.size();
  line_start_ = line_start;
  in_first_line_ = in_first_line;
  if (in_first_line && input.size() > limits.first_line + 2u)
    return fail(HeadProblem::first_line_too_long);
  if (input.size() >= limits.bytes) return fail(HeadProblem::head_too_large);
  return Found::incomplete;
}

// ---- lines ---------------------------------------------------------------------------------

namespace {

// Cuts the first line, without CRLF, off `rest`. HeadScan has made sure that there is one.
std::string_view first_line(std::string_view& rest) noexcept {
  const char* const end = find_newline(rest.data(), rest.data() + rest.size());
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

// Takes "name: value" and stops at the first byte that cannot belong to it: the line's end, if all
// is well. Whoever calls looks what stands there.
HeadProblem take_field(const char*& at, const char* end, Field& out) noexcept {
  const char* const name = at;
  at = skip_name_letters(at, end);
  while (at < end && is_token_char(*at)) ++at;
  // Also catches a folded line, a blank before the colon and a line without one.
  if (at == name || at == end || *at != ':') return HeadProblem::bad_field_name;
  out.name = {name, static_cast<std::size_t>(at - name)};
  const char* const value = at + 1;
  at = find_control(value, end);
  out.value = trim_blanks({value, static_cast<std::size_t>(at - value)});
  return HeadProblem::none;
}

// `rest`: whole lines, the last one empty, as HeadScan has made sure.
HeadProblem parse_fields(std::string_view rest, const HeadLimits& limits, Names names,
                         FieldList& fields) noexcept {
  fields.clear();
  const char* at = rest.data();
  const char* const end = at + rest.size();
  while (at[0] != '\r' || at[1] != '\n') {
    Field field;
    const HeadProblem problem = take_field(at, end, field);
    if (problem != HeadProblem::none) return problem;
    if (at[0] != '\r' || at[1] != '\n') return HeadProblem::bad_field_value;
    at += 2;
    if (fields.size() >= limits.count ||
        !fields.add(field.name, field.value, identify_field(field.name, names)))
      return HeadProblem::too_many_fields;
  }
  return HeadProblem::none;
}

}  // namespace

HeadProblem parse_field_line(std::string_view line, Field& out) noexcept {
  const char* at = line.data();
  const char* const end = at + line.size();
  const HeadProblem problem = take_field(at, end, out);
  if (problem != HeadProblem::none) return problem;
  return at == end ? HeadProblem::none : HeadProblem::bad_field_value;
}

HeadProblem parse_request_head(std::string_view head, const HeadLimits& limits,
                               RequestHead& out) noexcept {
  std::string_view rest = head;
  const HeadProblem problem = parse_request_line(first_line(rest), out);
  if (problem != HeadProblem::none) return problem;
  return parse_fields(rest, limits, Names::of_request, out.fields);
}

HeadProblem parse_response_head(std::string_view head, const HeadLimits& limits,
                                ResponseHead& out) noexcept {
  std::string_view rest = head;
  const HeadProblem problem = parse_status_line(first_line(rest), out);
  if (problem != HeadProblem::none) return problem;
  return parse_fields(rest, limits, Names::of_response, out.fields);
}

}  // namespace sluice::proxy::http1
