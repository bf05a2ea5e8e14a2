#pragma once
// The rows of what a response must be like, for `expect` and `degraded`.
#include <vector>

#include "config/field.hpp"
#include "routing/spec.hpp"

namespace sluice::config {

// `status_more`: of the row `status`, of which the two have different defaults.
std::vector<Field<routing::ExpectationSpec>> expectation_rows(More status_more);

// A value, or a map of comparisons.
Codec<routing::JsonExpectation> json_expectation_codec();

}  // namespace sluice::config
