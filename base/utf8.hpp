#pragma once
// As much of UTF-8 as positions in a file and texts of strangers need.
//
// Source: RFC 3629 section 4: overlong forms and surrogates are not UTF-8.
#include <cstddef>
#include <string>
#include <string_view>

namespace sluice {

inline bool is_utf8_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// Characters (code points) of valid UTF-8.
std::size_t count_characters(std::string_view text);

// Bytes of the character that `text` begins with; 0 when it begins with none. Not for empty text.
std::size_t utf8_character_size(std::string_view text);

// The offset of the first byte that is not UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);

// The same text with U+FFFD in place of what is not UTF-8.
std::string with_valid_utf8(std::string_view text);

}  // namespace sluice
