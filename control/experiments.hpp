#pragma once
// The experiments of the configuration: which of them run, and what they have counted.
//
// Thread: any. Path: cold. Shape: counts live as long as the process.
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/state.hpp"
#include "rollout/experiment.hpp"

namespace sluice::control {

struct ExperimentStatus {
  rollout::ExperimentSpec spec;
  bool runs = false;
  std::optional<WallTime> began = {};  // none: it never has, since the process began
  std::vector<rollout::Experiment::Comparison> comparisons = {};
  std::vector<std::pair<std::string, std::uint64_t>> exposures = {};
  bool sample_ratio_mismatch = false;
};

class Experiments {
 public:
  // One whose spec is another now ends, and its counts with it.
  void configure(std::vector<rollout::ExperimentSpec> specs);

  // The weights that it wants. None: there is no such experiment.
  std::optional<Weights> weights(std::string_view name) const;
  // Counting begins anew, now that those weights are served.
  void start(std::string_view name, WallTime now);
  // False: there is none, or it is not running.
  bool stop(std::string_view name);
  // None: there is none, or it is not running.
  std::optional<rollout::Experiment::Taken> take(std::string_view name, std::string_view arm,
                                                 std::string_view event,
                                                 std::optional<std::uint64_t> key);
  std::optional<rollout::Experiment::Taken> take(std::string_view name, const Weights& counts,
                                                 std::string_view event);

  std::optional<ExperimentStatus> status(std::string_view name) const;
  std::vector<ExperimentStatus> statuses() const;  // in the order of the file

 private:
  struct Entry {
    rollout::ExperimentSpec spec;
    bool runs = false;
    std::optional<WallTime> began = {};
    std::optional<rollout::Experiment> counts = {};
  };
  Entry* find(std::string_view name);
  const Entry* find(std::string_view name) const;
  static ExperimentStatus status_of(const Entry& entry);

  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
};

}  // namespace sluice::control
