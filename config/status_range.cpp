#include "config/status_range.hpp"

#include "base/parse.hpp"

namespace sluice::config {
namespace {

using routing::StatusRange;

Result<StatusRange, std::string> parse_bounds(std::string_view written, unsigned min,
                                              unsigned max) {
  const std::size_t dash = written.find('-');
  const auto first = parse_integer(written.substr(0, dash), min, max);
  if (!first) return Failure{first.error()};
  const auto status = static_cast<std::uint16_t>(*first);
  if (dash == std::string_view::npos) return StatusRange{status, status};
  const auto last = parse_integer(written.substr(dash + 1), *first, max);
  if (!last) return Failure{last.error()};
  return StatusRange{status, static_cast<std::uint16_t>(*last)};
}

}  // namespace

Result<StatusRange, std::string> parse_status_range(std::string_view written, unsigned min,
                                                    unsigned max) {
  auto range = parse_bounds(written, min, max);
  if (range) return range;
  return Failure{"'" + std::string(written) + "' is not a range of status codes: " + range.error()};
}

std::string print_status_range(const StatusRange& range) {
  const auto& [first, last] = range;
  return first == last ? std::to_string(first) : std::to_string(first) + '-' + std::to_string(last);
}

}  // namespace sluice::config
