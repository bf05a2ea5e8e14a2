#include "base/json_text.hpp"

#include <charconv>
#include <cmath>

namespace sluice {

std::string json_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += "\\u00";
      out += {kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string json_number(double value) {
  constexpr double kLeast = 1e-5, kMost = 1e15;
  const double size = std::fabs(value);
  const bool plain = size == 0 || (size >= kLeast && size < kMost);
  char text[64];
  const auto end = plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed)
                         : std::to_chars(text, text + sizeof text, value);
  return {text, end.ptr};
}

}  // namespace sluice
