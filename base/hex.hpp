#pragma once
// Hexadecimal digits: written in lower case, read in both.
//
// Path: hot.
#include <array>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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
#if defined(__SSE2__)
  const __m128i nibble = _mm_set1_epi8(0x0f);
  const __m128i bytes = _mm_cvtsi64_si128(static_cast<long long>(__builtin_bswap64(value)));
  const __m128i digits = _mm_unpacklo_epi8(_mm_and_si128(_mm_srli_epi64(bytes, 4), nibble),
                                           _mm_and_si128(bytes, nibble));
  const __m128i letters = _mm_cmpgt_epi8(digits, _mm_set1_epi8(9));
  const __m128i text = _mm_add_epi8(_mm_add_epi8(digits, _mm_set1_epi8('0')),
                                    _mm_and_si128(letters, _mm_set1_epi8('a' - '0' - 10)));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), text);
#else
  for (int i = 14; i >= 0; i -= 2, value >>= 8)
    std::memcpy(out + i, kHexPairs.data() + (value & 0xff) * 2, 2);
#endif
}

// -1: it is no digit.
constexpr int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace sluice
