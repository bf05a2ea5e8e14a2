#pragma once
// Decides whether one guarded upstream is to lose its weight, from all its metrics.
//
// The probability that it ever does though no metric is worse or over its limit is at most
// `false_revert_probability`, over all metrics and however many looks (rollout/alpha_budget).
// What follows from a finding is not decided here (on_breach, on_common_cause: the guard's).
//
// Thread: the control thread's. Path: cold; once a tick. Pure: no clock, ticks are counted.
// Shape:  one object for one guard run of one upstream; a new run begins with a new one.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rollout/metric_evidence.hpp"
#include "rollout/sample_ratio.hpp"

namespace sluice::rollout {

struct GuardLimits {
  double false_revert_probability = 0.01;
  std::vector<MetricLimits> metrics;  // budgets add up to at most 1
  SafetyLimits safety;
};

// One tick: metrics in the order of the limits.
struct GuardTick {
  std::span<const MetricTick> metrics;
  std::span<const SplitCounts> placed;  // rollout/sample_ratio says which count
};

enum class Finding : std::uint8_t {
  quiet,
  worse,            // than the baseline
  over_limit,       // the guarded upstream alone
  both_over_limit,  // a common cause
};

struct Verdict {
  Finding finding = Finding::quiet;
  std::size_t metric = 0;  // the one that decides; while quiet, the one nearest to it
  double log_evidence = 0;
  double log_threshold = 0;
  std::uint64_t bad = 0;     // on the guarded upstream
  std::uint64_t events = 0;  // bad ones on both (worse), or its own requests (over a limit)
  double ratio = 1;          // of the risks, estimated from what speaks for the finding
  RatioBounds bounds;
  std::uint64_t onset_tick = 0;  // the last one before what explains the evidence best
  std::string sentence;
};

class GuardEvidence {
 public:
  explicit GuardEvidence(const GuardLimits& limits);

  void observe(const GuardTick& tick) noexcept;

  Finding finding() const noexcept { return find().finding; }
  // The same with its reasons.
  Verdict verdict() const;

  // A placebo has reached the threshold: relative findings are silent, limits still act.
  bool uncalibrated() const noexcept { return uncalibrated_; }
  bool sample_ratio_mismatch() const noexcept { return mismatch_; }
  // Of all metrics, each for itself.
  bool safe_to_advance() const noexcept;

  std::span<const MetricEvidence> metrics() const noexcept { return metrics_; }
  const SampleRatio& sample_ratio() const noexcept { return sample_ratio_; }
  std::uint64_t ticks() const noexcept { return ticks_; }

 private:
  struct Found {
    Finding finding = Finding::quiet;
    std::size_t metric = 0;
    bool by_ceiling = false;
    double surplus = 0;  // evidence beyond the threshold, as logarithms
  };
  Found find() const noexcept;
  Found find_in(std::size_t index) const noexcept;

  std::vector<MetricEvidence> metrics_;
  SampleRatio sample_ratio_;
  bool uncalibrated_ = false;  // from the first time on
  bool mismatch_ = false;
  std::uint64_t ticks_ = 0;
};

}  // namespace sluice::rollout
