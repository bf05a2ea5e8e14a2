#pragma once
// Text of strangers, made fit for a log line, a page or an answer.
#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::health {

inline constexpr std::size_t kPrintableBytesMax = 64;

// One line of at most 64 visible ASCII characters and blanks: any other byte is written as \xNN, a
// quote or backslash with a backslash before it; what is cut ends with "...".
std::string printable(std::string_view text);

// The same between double quotes, which are not counted.
std::string in_quotes(std::string_view text);

}  // namespace sluice::health
