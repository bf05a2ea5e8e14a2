#pragma once
// As much of UTF-8 as positions in a file need.
#include <cstddef>
#include <string_view>

namespace sluice::config {

inline bool is_utf8_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Characters (code points) of valid UTF-8.
std::size_t count_characters(std::string_view text);

// The offset of the first byte that is not UTF-8 (overlong forms and surrogates are not), or npos.
// Source: RFC 3629 section 4.
std::size_t find_invalid_utf8(std::string_view text);

}  // namespace sluice::config
