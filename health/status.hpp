#pragma once
// What is known of an endpoint, in the words that operators read.
#include <array>
#include <string>
#include <string_view>

#include "health/verdict.hpp"

namespace sluice::health {

// `unknown`: its first check is not over. `unchecked`: nobody asked for checks.
inline constexpr std::array<std::string_view, 6> kStateLabels{"healthy", "degraded", "unhealthy",
                                                              "ejected", "unknown",  "unchecked"};

struct EndpointStatus {
  std::string upstream;
  std::string address;
  std::string name;        // as configured
  std::string_view state;  // one of kStateLabels
  std::string reason;      // of the ejection, or of the newest fault; empty when there is none
  SelfReport report;
  double share = 1;  // of its weight
};

}  // namespace sluice::health
