#pragma once
// What guards have found and what they have done, as values for people to look at.
//
// Thread: any; values. Path: cold.
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "control/state.hpp"
#include "rollout/guard_fsm.hpp"
#include "rollout/slow_threshold.hpp"

namespace sluice::control {

// A breach, as it is remembered.
struct BreachRecord {
  WallTime at = {};
  std::string route = {};
  std::string upstream = {};
  std::string action = {};  // "revert", "pause", "alert"
  std::string metric = {};  // "errors", "p90"
  bool common_cause = false;
  std::string before = {};  // weights
  std::string after = {};
  std::string sentence = {};
  std::uint64_t harmed = 0;           // requests
  std::chrono::milliseconds took{0};  // from the first of them
};

// What one metric says of one upstream, for people.
struct MetricStatus {
  std::string name;
  std::uint64_t bad = 0;        // on the guarded upstream, since the run began
  std::uint64_t events = 0;     // on both
  double share = 0;             // of the requests that the split places there
  double ratio = 1;             // of the risks, estimated
  rollout::RatioBounds bounds;  // at 97.5 %
  double log_evidence = 0;
  double log_threshold = 0;
  std::uint64_t over = 0;  // requests over the limit, of `decided`
  std::uint64_t decided = 0;
  double limit_log_evidence = 0;  // 0: there is no limit
  double limit_log_threshold = 0;
  std::optional<double> slow_after_baseline;  // seconds; of a latency
  std::optional<double> slow_after;
  // Until a decision, if the upstream were as bad as it seems, or else twice as bad as it may be.
  double supposed_ratio = 1;
  std::optional<double> expected_seconds;
};

struct RunStatus {
  std::string upstream;
  std::chrono::milliseconds age{0};
  std::uint64_t requests = 0;
  std::string finding;  // "quiet", "worse", "over_limit", "common_cause"
  std::string sentence;
  bool uncalibrated = false;
  bool sample_ratio_mismatch = false;
  bool too_many_sessions = false;
  bool safe_to_advance = false;
  std::vector<MetricStatus> metrics;
};

struct GuardStatus {
  std::string route;
  std::string baseline;
  double false_revert_probability = 0;
  std::string on_breach;
  std::vector<RunStatus> runs;
  std::optional<Weights> known_good;  // what a revert by hand goes to
};

std::string_view label_of(routing::OnBreach action);

// `slow`: the present limits, by latency.
RunStatus status_of(const std::string& upstream, const rollout::GuardFsm::Run& run,
                    const routing::GuardSpec& spec,
                    std::span<const std::optional<rollout::SlowLimits>> slow,
                    rollout::SteadyTime now);

}  // namespace sluice::control
