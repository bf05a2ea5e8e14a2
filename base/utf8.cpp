#include "base/utf8.hpp"

#include <algorithm>

namespace sluice {
namespace {

struct Lead {
  std::size_t length;       // of the sequence; 0: not a lead byte
  unsigned char low, high;  // what the second byte may be
};

Lead classify(unsigned char c) {
  if (c < 0x80) return {1, 0, 0};
  if (c >= 0xC2 && c <= 0xDF) return {2, 0x80, 0xBF};
  if (c == 0xE0) return {3, 0xA0, 0xBF};
  if (c == 0xED) return {3, 0x80, 0x9F};
  if (c >= 0xE1 && c <= 0xEF) return {3, 0x80, 0xBF};
  if (c == 0xF0) return {4, 0x90, 0xBF};
  if (c >= 0xF1 && c <= 0xF3) return {4, 0x80, 0xBF};
  if (c == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

bool sequence_ok(std::string_view rest, const Lead& lead) {
  if (lead.length == 0 || rest.size() < lead.length) return false;
  if (lead.length == 1) return true;
  const auto second = static_cast<unsigned char>(rest[1]);
  if (second < lead.low || second > lead.high) return false;
  return std::ranges::all_of(rest.substr(2, lead.length - 2), is_utf8_continuation);
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !is_utf8_continuation(c); }));
}

std::size_t utf8_character_size(std::string_view text) {
  const Lead lead = classify(static_cast<unsigned char>(text.front()));
  return sequence_ok(text, lead) ? lead.length : 0;
}

std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = utf8_character_size(text.substr(at));
    if (size == 0) return at;
    at += size;
  }
  return std::string_view::npos;
}

std::string with_valid_utf8(std::string_view text) {
  std::string out;
  for (auto bad = find_invalid_utf8(text); bad != std::string_view::npos;
       bad = find_invalid_utf8(text)) {
    out.append(text.substr(0, bad)).append("\xEF\xBF\xBD");
    text.remove_prefix(bad + 1);
  }
  return out.append(text);
}

}  // namespace sluice
