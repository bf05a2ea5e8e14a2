#pragma once
// Says evidence in one sentence, for records, status and log.
//
//   7 of 8 errors came from the upstream with 5% of the requests: E = 2.1e5 against 1/alpha = 400
//   41 of 60 requests failed, at most 5% may: E = 3.3e4 against 1/alpha = 667
#include <string>

#include "rollout/metric_evidence.hpp"

namespace sluice::rollout {

struct Weighed {
  double log_evidence = 0;
  double log_threshold = 0;
};

std::string relative_sentence(const MetricLimits& limits, const SplitTally& tally,
                              const Weighed& weighed);
std::string ceiling_sentence(const MetricLimits& limits, const SplitTally& tally,
                             const Weighed& weighed);

// e^x in a few characters: "0.032", "400", "2.1e5". Any x: no number of it overflows.
std::string exp_in_words(double x);
// "5%", "0.1%"
std::string percent_in_words(double ratio);

}  // namespace sluice::rollout
