#include "base/units.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "base/parse.hpp"

namespace sluice {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

constexpr std::array kDurationUnits{Unit{"ms", 1}, Unit{"s", 1'000}, Unit{"m", 60'000},
                                    Unit{"h", 3'600'000}};
constexpr std::uint64_t kKibi = 1'024;
constexpr std::array kSizeUnits{Unit{"", 1},
                                Unit{"B", 1},
                                Unit{"KB", 1'000},
                                Unit{"MB", 1'000'000},
                                Unit{"GB", 1'000'000'000},
                                Unit{"TB", 1'000'000'000'000},
                                Unit{"KiB", kKibi},
                                Unit{"MiB", kKibi* kKibi},
                                Unit{"GiB", kKibi* kKibi* kKibi},
                                Unit{"TiB", kKibi* kKibi* kKibi* kKibi}};
constexpr std::size_t kFractionDigitsMax = 6;

struct Quantity {
  std::string_view number;
  std::string_view suffix;
};

Quantity cut(std::string_view text) {
  const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
  return {text.substr(0, end), text.substr(end)};
}

template <class Units>
const Unit* find_unit(const Units& units, std::string_view suffix) {
  for (const Unit& unit : units) {
    if (unit.suffix == suffix) return &unit;
  }
  return nullptr;
}

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

// `digits` after the dot, in units of 1/factor of `unit`; an error when they do not come out even.
Result<std::uint64_t, std::string> fraction(std::string_view digits, std::uint64_t unit) {
  if (digits.empty() || digits.size() > kFractionDigitsMax) {
    return Failure{std::string("a fraction has 1 to 6 digits")};
  }
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  if (std::from_chars(digits.data(), end, value).ptr != end) {
    return Failure{quoted(digits) + " is not a fraction"};
  }
  std::uint64_t scale = 1;
  for (std::size_t i = 0; i < digits.size(); ++i) scale *= 10;
  if (value * unit % scale != 0) return Failure{std::string("finer than one millisecond")};
  return value * unit / scale;
}

std::string format_with(std::uint64_t value, std::string_view suffix) {
  return std::to_string(value) + std::string(suffix);
}

}  // namespace

Result<milliseconds, std::string> parse_duration(std::string_view text) {
  if (text.empty()) return Failure{std::string("a duration is missing")};
  if (text == "0") return milliseconds(0);
  const auto [number, suffix] = cut(text);
  if (number.empty()) return Failure{quoted(text) + " is not a duration such as 250ms or 10s"};
  if (suffix.empty()) {
    return Failure{quoted(text) + " needs a unit: write " + std::string(number) + "s or " +
                   std::string(number) + "ms"};
  }
  const Unit* unit = find_unit(kDurationUnits, suffix);
  if (!unit) return Failure{quoted(suffix) + " is not a unit of time: use ms, s, m or h"};
  const auto dot = number.find('.');
  const auto most = static_cast<std::uint64_t>(kDurationMax.count());
  auto whole = parse_integer(number.substr(0, dot), 0, most / unit->factor);
  if (!whole) return Failure{std::move(whole).error()};
  std::uint64_t total = *whole * unit->factor;
  if (dot != std::string_view::npos) {
    auto rest = fraction(number.substr(dot + 1), unit->factor);
    if (!rest) return Failure{quoted(text) + ": " + rest.error()};
    total += *rest;
  }
  return milliseconds(static_cast<milliseconds::rep>(total));
}

std::string format_duration(milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  if (count == 0) return "0s";
  for (auto unit = kDurationUnits.rbegin(); unit != kDurationUnits.rend(); ++unit) {
    if (count % unit->factor == 0) return format_with(count / unit->factor, unit->suffix);
  }
  return format_with(count, "ms");
}

Result<std::uint64_t, std::string> parse_size(std::string_view text) {
  if (text.empty()) return Failure{std::string("a size is missing")};
  const auto [number, suffix] = cut(text);
  if (number.empty()) return Failure{quoted(text) + " is not a size such as 16KiB or 512"};
  const Unit* unit = find_unit(kSizeUnits, suffix);
  if (!unit) {
    return Failure{quoted(suffix) + " is not a unit of size: use KiB, MiB, GiB, KB, MB or GB"};
  }
  auto whole = parse_integer(number, 0, std::numeric_limits<std::uint64_t>::max() / unit->factor);
  if (!whole) return Failure{std::move(whole).error()};
  return *whole * unit->factor;
}

std::string format_size(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  for (auto unit = kSizeUnits.rbegin(); unit->factor % kKibi == 0; ++unit) {
    if (bytes % unit->factor == 0) return format_with(bytes / unit->factor, unit->suffix);
  }
  return std::to_string(bytes);
}

Result<double, std::string> parse_ratio(std::string_view text) {
  const std::string whole(text);
  if (text.ends_with('%')) {
    auto percent = parse_real(text.substr(0, text.size() - 1), 0, 100);
    if (!percent) return Failure{quoted(whole) + " is not a share between 0% and 100%"};
    return *percent / 100;
  }
  auto ratio = parse_real(text, 0, 1);
  if (!ratio) {
    return Failure{quoted(whole) + " is not a share: write 5% or 0.05, between 0 and 1"};
  }
  return ratio;
}

std::string format_ratio(double ratio) {
  char buffer[400];
  const auto print = [&](double value) {
    const auto end =
        std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
    return std::string(buffer, end);
  };
  std::string percent = print(ratio * 100) + "%";
  const auto back = parse_ratio(percent);
  // Multiplying by 100 may round; the plain number never does.
  if (percent.size() <= 6 && back && *back == ratio) return percent;
  return print(ratio);
}

std::string format_rounded(double number, int significant_digits) {
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::general,
                                 significant_digits)
                       .ptr;
  return {text, end};
}

}  // namespace sluice
