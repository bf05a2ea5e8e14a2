#pragma once
#include <string>
#include <string_view>

namespace sluice {

// A JSON string with its quotes. Invariant: `text` is UTF-8. Source: RFC 8259 section 7.
std::string json_string(std::string_view text);

// The shortest text of a number that reads as the same one, without an exponent where people would
// write none. Invariant: `value` is finite.
std::string json_number(double value);

}  // namespace sluice
