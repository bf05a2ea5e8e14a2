#pragma once
// ASCII without locale: case folding and character classes of HTTP as tables.
//
// Path: hot.   Source: RFC 9110 section 5.6.2 (token), 5.5 (field value).
#include <array>
#include <cstdint>
#include <string_view>

namespace sluice {

constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

// `lower` must be in lower case.
constexpr bool iequals(std::string_view text, std::string_view lower) noexcept {
  if (text.size() != lower.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto wanted = static_cast<unsigned char>(lower[i]);
    const unsigned case_bit = static_cast<unsigned char>(wanted - 'a') < 26 ? 0x20 : 0;
    difference |= (static_cast<unsigned char>(text[i]) ^ wanted) & ~case_bit;
  }
  return difference == 0;
}

// Neither side is known to be in lower case.
constexpr bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (to_lower(left[i]) != to_lower(right[i])) return false;
  return true;
}

namespace detail {

constexpr std::uint8_t kToken = 1;       // tchar
constexpr std::uint8_t kFieldValue = 2;  // HTAB, SP, VCHAR, obs-text
constexpr std::uint8_t kTarget = 4;      // VCHAR but '#'
constexpr std::uint8_t kHost = 8;        // unreserved: what a host name or IPv4 is made of here

constexpr std::array<std::uint8_t, 256> make_classes() {
  std::array<std::uint8_t, 256> classes{};
  for (int c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (digit || alpha) classes[c] |= kToken | kHost;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) classes[c] |= kFieldValue;
    if (c > 0x20 && c < 0x7f && c != '#') classes[c] |= kTarget;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~"))
    classes[static_cast<unsigned char>(c)] |= kToken;
  for (const char c : std::string_view("-._~")) classes[static_cast<unsigned char>(c)] |= kHost;
  return classes;
}

inline constexpr std::array<std::uint8_t, 256> kClasses = make_classes();

constexpr bool all_of_class(std::string_view text, std::uint8_t wanted) noexcept {
  std::uint8_t common = 0xff;
  for (const char c : text) common &= kClasses[static_cast<unsigned char>(c)];
  return (common & wanted) != 0;
}

}  // namespace detail

constexpr bool is_token(std::string_view text) noexcept {
  return !text.empty() && detail::all_of_class(text, detail::kToken);
}
constexpr bool is_field_value(std::string_view text) noexcept {
  return detail::all_of_class(text, detail::kFieldValue);
}
constexpr bool is_target(std::string_view text) noexcept {
  return !text.empty() && detail::all_of_class(text, detail::kTarget);
}
constexpr bool has_host_characters(std::string_view text) noexcept {
  return !text.empty() && detail::all_of_class(text, detail::kHost);
}
constexpr bool is_token_char(char c) noexcept {
  return (detail::kClasses[static_cast<unsigned char>(c)] & detail::kToken) != 0;
}

// Optional white space of HTTP: SP and HTAB.
constexpr std::string_view trim_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace sluice
