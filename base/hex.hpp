#pragma once
// Hexadecimal digits: written in lower case, read in both.
//
// Path: hot.
#include <array>
#include <cstdint>
#include <cstring>

namespace sluice {

inline constexpr auto kHexPairs = [] {
  std::array<char, 512> pairs{};
  for (std::size_t i = 0; i < 256; ++i) {
    pairs[i * 2] = "0123456789abcdef"[i >> 4];
    pairs[i * 2 + 1] = "0123456789abcdef"[i & 15];
  }
  return pairs;
}();

// 16 digits.
inline void put_hex(char* out, std::uint64_t value) noexcept {
  for (int i = 14; i >= 0; i -= 2, value >>= 8)
    std::memcpy(out + i, kHexPairs.data() + (value & 0xff) * 2, 2);
}

// -1: it is no digit.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace sluice
