#pragma once
// What one metric from outside says about a rollout, measurement by measurement.
//
// A measurement is a success, a failure, inconclusive (neither condition holds, or only the one
// that is written does not), without data, or an error. Failures and inconclusive ones are counted
// over the whole rollout, errors and lack of data in a row, each against its limit, as Argo
// Rollouts does (its AnalysisRun; "no data" is ours: there an empty result is an error).
//
// Thread: one. Path: cold. Pure.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rollout/spec.hpp"

namespace sluice::rollout {

// Neither: the query has no value now.
struct Measurement {
  std::optional<double> value = {};  // NaN counts as no value
  std::string error = {};            // it could not be asked
};

enum class Outcome : std::uint8_t { success, failure, inconclusive, no_data, error };
std::string_view label(Outcome outcome) noexcept;

// Invariant: the conditions of `spec` can be read; config has seen to that. With one condition only
// what it does not say is the opposite, as Argo has it.
Outcome judge(const MetricSpec& spec, const Measurement& measurement);

class MetricWatch {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  explicit MetricWatch(MetricSpec spec) : spec_(std::move(spec)) {}

  const MetricSpec& spec() const noexcept { return spec_; }
  // True once each interval, from `initial_delay` after the first call; then take() is owed, and
  // nobody is asked before.
  bool is_due(SteadyTime now) noexcept;
  // What is over its limit now, if anything is.
  std::optional<Outcome> take(const Measurement& measurement);
  // Somebody has said that it goes on: what it was held for is forgotten, failures are not.
  void forgive() noexcept;

  std::optional<Outcome> last() const noexcept { return last_; }
  std::optional<double> value() const noexcept { return value_; }
  unsigned failures() const noexcept { return failures_; }
  // For people: "conversion is 0.93, wanted result >= 0.95".
  std::string in_words() const;

 private:
  MetricSpec spec_;
  std::optional<SteadyTime> next_;
  bool asked_ = false;
  std::optional<Outcome> last_;
  std::optional<double> value_;
  std::string error_;
  unsigned failures_ = 0;
  unsigned inconclusive_ = 0;
  unsigned errors_in_a_row_ = 0;
  unsigned no_data_in_a_row_ = 0;
};

}  // namespace sluice::rollout
