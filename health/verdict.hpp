#pragma once
// What a health check found.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::health {

enum class Verdict : std::uint8_t {
  healthy,
  degraded,
  unhealthy,
  none  // we could not look: that is no fault of the endpoint
};

inline constexpr std::array<std::string_view, 4> kVerdictLabels{"healthy", "degraded", "unhealthy",
                                                                "error"};

// What an endpoint says of itself, as far as it does: the strings at /version and /environment of
// its report. Untrusted text, cut to 64 bytes.
struct SelfReport {
  std::string version;
  std::string environment;
  friend bool operator==(const SelfReport&, const SelfReport&) = default;
};

struct CheckResult {
  Verdict verdict = Verdict::unhealthy;
  std::string reason;  // "/checks/database is false", "timed out"; empty when healthy
  SelfReport report;
};

}  // namespace sluice::health
