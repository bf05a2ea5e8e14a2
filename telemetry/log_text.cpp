// How bytes of strangers are written into a line.
#include <array>

#include "base/utf8.hpp"
#include "telemetry/log_line.hpp"

namespace sluice::telemetry {
namespace {

// Printable ASCII without '"' and '\': what stands for itself in either format.
constexpr std::array<bool, 256> make_plain() {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}
constexpr std::array<bool, 256> kPlain = make_plain();

std::size_t plain_length(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && kPlain[static_cast<unsigned char>(text[size])]) ++size;
  return size;
}

void put_hex(std::string_view before, char c, std::string_view digits, Cursor& out) {
  const auto byte = static_cast<unsigned char>(c);
  out.text(before);
  out.sign(digits[byte >> 4]).sign(digits[byte & 15]);
}

// The first character of `text`, which is not plain. Returns its size.
std::size_t put_odd_json(std::string_view text, Cursor& out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const char c = text.front();
  const std::size_t size = utf8_character_size(text);
  if (size > 1) {
    out.text(text.substr(0, size));
  } else if (c == '"') {
    out.text("\\\"");
  } else if (size == 0 || c == '\\') {
    put_hex("\\\\x", c, kHex, out);
  } else {
    put_hex("\\u00", c, kHex, out);
  }
  return size == 0 ? 1 : size;
}

}  // namespace

void put_json_text(std::string_view text, Cursor& out) {
  for (;;) {
    const std::size_t plain = plain_length(text);
    out.text(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    text.remove_prefix(put_odd_json(text, out));
  }
}

void put_combined_text(std::string_view text, Cursor& out) {
  for (;;) {
    const std::size_t plain = plain_length(text);
    out.text(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) return;
    put_hex("\\x", text.front(), "0123456789ABCDEF", out);
    text.remove_prefix(1);
  }
}

}  // namespace sluice::telemetry
