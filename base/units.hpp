#pragma once
// Quantities as people write them: durations `250ms 10s 5m 1h`, sizes `16KiB 1MB 512`, ratios `5%`.
// parse_x(format_x(v)) == v for every value that parse_x can return.
//
// Errors: a sentence for a human, without the name of the field.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sluice {

inline constexpr std::chrono::milliseconds kDurationMax = std::chrono::hours(10 * 8'766);

// A unit is required (a bare 10 has meant seconds in one proxy and milliseconds in the next); only
// `0` may stand alone. A fraction is fine as long as it is a whole number of milliseconds: `1.5s`.
Result<std::chrono::milliseconds, std::string> parse_duration(std::string_view text);

// The largest unit that leaves a whole number: "90s", "2h", "250ms"; zero is "0s".
std::string format_duration(std::chrono::milliseconds duration);

// Units: bytes. Suffixes B, KB MB GB TB (powers of 1000), KiB MiB GiB TiB (powers of 1024); none
// means bytes.
Result<std::uint64_t, std::string> parse_size(std::string_view text);

// The largest binary unit that leaves a whole number: "16KiB", "1000".
std::string format_size(std::uint64_t bytes);

// `5%` or `0.05`: a share between 0 and 1.
Result<double, std::string> parse_ratio(std::string_view text);
std::string format_ratio(double ratio);

// For people: 0.0123, 4.5, 1.2e+09.
std::string format_rounded(double number, int significant_digits);

}  // namespace sluice
