#include "base/parse.hpp"

#include <algorithm>
#include <charconv>

namespace sluice {
namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// Why `text` is not a whole number; called once it is known not to be one.
std::string explain_integer(std::string_view text) {
  if (text.empty()) return "a number is missing";
  if (text.front() == '-' && all_digits(text.substr(1))) {
    return quoted(text) + " is negative";
  }
  if (text.find('.') != std::string_view::npos) {
    return quoted(text) + " is not a whole number";
  }
  if (text.size() > 2 && text.front() == '0' && !all_digits(text)) {
    return quoted(text) + " is not a decimal number";
  }
  return quoted(text) + " is not a number";
}

std::string out_of_range(std::string_view text, const std::string& min, const std::string& max) {
  return quoted(text) + " is out of range: " + min + " to " + max;
}

std::string print(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return {buffer, end};
}

}  // namespace

Result<std::uint64_t, std::string> parse_integer(std::string_view text, std::uint64_t min,
                                                 std::uint64_t max) {
  if (!all_digits(text)) return Failure{explain_integer(text)};
  if (text.size() > 1 && text.front() == '0') {
    const auto first = std::min(text.find_first_not_of('0'), text.size() - 1);
    return Failure{"leading zero: write " + std::string(text.substr(first))};
  }
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end || value < min || value > max) {
    return Failure{out_of_range(text, std::to_string(min), std::to_string(max))};
  }
  return value;
}

Result<double, std::string> parse_real(std::string_view text, double min, double max) {
  const auto dot = text.find('.');
  const bool shaped = dot == std::string_view::npos
                          ? all_digits(text)
                          : all_digits(text.substr(0, dot)) && all_digits(text.substr(dot + 1));
  if (!shaped) return Failure{quoted(text) + " is not a number"};
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc{} || stop != end || value < min || value > max) {
    return Failure{out_of_range(text, print(min), print(max))};
  }
  return value;
}

}  // namespace sluice
