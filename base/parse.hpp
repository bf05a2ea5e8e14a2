#pragma once
// Whole-string number parsing. The text is a number from its first to its last byte or it is an
// error: in a proxy "12abc" read as 12 is a smuggling hole, so strtol and its kin are banned.
//
// Errors: a sentence for a human, without the name of the field ("leading zero: write 10").
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sluice {

// A decimal whole number between `min` and `max`. No sign, no blanks, no leading zero (YAML 1.1
// would have read 010 as eight), no digit separators.
Result<std::uint64_t, std::string> parse_integer(std::string_view text, std::uint64_t min,
                                                 std::uint64_t max);

// A decimal number such as 0.25, between `min` and `max`. No sign, exponent, "inf" or "nan".
Result<double, std::string> parse_real(std::string_view text, double min, double max);

}  // namespace sluice
