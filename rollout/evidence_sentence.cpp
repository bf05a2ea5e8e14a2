#include "rollout/evidence_sentence.hpp"

#include <cmath>
#include <cstdio>
#include <numbers>

#include "base/units.hpp"

namespace sluice::rollout {
namespace {

std::string counts_in_words(const SplitTally& tally) {
  return std::to_string(tally.guarded()) + " of " + std::to_string(tally.total());
}

std::string weighed_in_words(const Weighed& weighed) {
  return ": E = " + exp_in_words(weighed.log_evidence) +
         " against 1/alpha = " + exp_in_words(weighed.log_threshold);
}

std::string fixed(double number, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, number);
  return text;
}

}  // namespace

std::string exp_in_words(double x) {
  if (x >= std::log(0.0995) && x < std::log(9999.5)) {
    const double value = std::exp(x);
    return value < 9.95 ? format_rounded(value, 2) : fixed(value, 0);
  }
  double exponent = std::floor(x * std::numbers::log10e);
  double mantissa = std::exp((x * std::numbers::log10e - exponent) * std::numbers::ln10);
  if (mantissa >= 9.95) {  // would be written as 10.0
    mantissa = 1;
    exponent += 1;
  }
  return fixed(mantissa, 1) + "e" + fixed(exponent, 0);
}

std::string percent_in_words(double ratio) {
  return format_rounded(ratio * 100, 3) + "%";
}

std::string relative_sentence(const MetricLimits& limits, const SplitTally& tally,
                              const Weighed& weighed) {
  if (tally.total() == 0) return "no " + limits.events + " yet";
  return counts_in_words(tally) + " " + limits.events + " came from the upstream with " +
         percent_in_words(tally.share()) + " of the requests" + weighed_in_words(weighed);
}

std::string ceiling_sentence(const MetricLimits& limits, const SplitTally& tally,
                             const Weighed& weighed) {
  return counts_in_words(tally) + " requests " + limits.over + ", at most " +
         percent_in_words(limits.ceiling.value_or(1)) + " may" + weighed_in_words(weighed);
}

}  // namespace sluice::rollout
