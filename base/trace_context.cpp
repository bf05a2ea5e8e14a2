#include "base/trace_context.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/hex.hpp"

namespace sluice {
namespace {

constexpr std::size_t kSize = 55;
constexpr std::size_t kKeyMax = 256;
constexpr std::size_t kValueMax = 256;

// W3C Trace Context section 3.2.2: in lower case only.
bool is_hex(std::string_view text) noexcept {
  return std::ranges::all_of(text, [](char c) { return hex_value(c) >= 0 && c == to_lower(c); });
}

bool is_id(std::string_view text) noexcept {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

bool is_lower_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_key(std::string_view text) noexcept {
  if (text.empty() || text.size() > kKeyMax || !is_lower_alphanumeric(text.front())) return false;
  const auto fits = [](char c) {
    return is_lower_alphanumeric(c) || c == '_' || c == '-' || c == '*' || c == '/' || c == '@';
  };
  return std::ranges::all_of(text, fits) && std::ranges::count(text, '@') <= 1;
}

bool is_value(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kValueMax && text.back() != ' ' &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '='; });
}

}  // namespace

std::optional<TraceParent> parse_traceparent(std::string_view text) noexcept {
  if (text.size() < kSize || text[2] != '-' || text[35] != '-' || text[52] != '-')
    return std::nullopt;
  const std::string_view version = text.substr(0, 2);
  if (!is_hex(version) || version == "ff") return std::nullopt;
  if (text.size() > kSize && (version == "00" || text[kSize] != '-')) return std::nullopt;
  const std::string_view flags = text.substr(53, 2);
  TraceParent parent{text.substr(3, 32), text.substr(36, 16), 0};
  if (!is_id(parent.trace_id) || !is_id(parent.span_id) || !is_hex(flags)) return std::nullopt;
  parent.flags = static_cast<std::uint8_t>(hex_value(flags[0]) << 4 | hex_value(flags[1]));
  return parent;
}

std::optional<unsigned> count_tracestate(std::string_view text) noexcept {
  unsigned members = 0;
  for (bool more = true; more;) {
    const std::size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    const std::string_view member = trim_blanks(text.substr(0, comma));
    if (more) text.remove_prefix(comma + 1);
    if (member.empty()) continue;
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos || !is_key(member.substr(0, equals)) ||
        !is_value(member.substr(equals + 1)))
      return std::nullopt;
    ++members;
  }
  return members;
}

}  // namespace sluice
