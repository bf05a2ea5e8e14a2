#pragma once
// How long the regression test may be expected to take, at the present rate of bad events.
//
// While the guarded upstream's risk is psi times the baseline's, each bad event adds on average
//   w' log(w'/w0) + (1 - w') log((1 - w') / (1 - w0)),   w' = psi w / (psi w + 1 - w), w0 with
//   psi0,
// to the evidence of the best alternative: the rate at which any such test can learn.
//
// Thread: any. Path: cold. Pure.   Source: Wald, "Sequential Tests of Statistical Hypotheses",
// 1945.
#include <cmath>
#include <optional>

namespace sluice::rollout {

struct Pace {
  double share = 0;              // w
  double null_ratio = 1;         // psi0
  double ratio = 1;              // psi
  double events_per_second = 0;  // bad ones, on both
};

// Seconds until `missing` more of log evidence is there. None: never, at this rate or ratio.
inline std::optional<double> expected_seconds(const Pace& pace, double missing) {
  if (missing <= 0) return 0;
  if (pace.share <= 0 || pace.share >= 1 || pace.ratio <= pace.null_ratio) return std::nullopt;
  const auto odds = [&](double ratio) { return ratio * pace.share; };
  const double rest = 1 - pace.share;
  const double truly = odds(pace.ratio) / (odds(pace.ratio) + rest);
  const double null = odds(pace.null_ratio) / (odds(pace.null_ratio) + rest);
  const double gain =
      truly * std::log(truly / null) + (1 - truly) * std::log((1 - truly) / (1 - null));
  if (!(gain > 0) || !(pace.events_per_second > 0)) return std::nullopt;
  return missing / (gain * pace.events_per_second);
}

}  // namespace sluice::rollout
