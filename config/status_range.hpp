#pragma once
// Status codes as people write them: `429` or `502-504`.
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "routing/spec.hpp"

namespace sluice::config {

// Errors: why not, as a whole sentence.
Result<routing::StatusRange, std::string> parse_status_range(std::string_view written, unsigned min,
                                                             unsigned max);
std::string print_status_range(const routing::StatusRange& range);

}  // namespace sluice::config
