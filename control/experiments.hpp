#pragma once
// The experiments of the configuration: which of them run, and what they have counted.
//
// Thread:    any. Path: cold. Shape: counts live as long as the process.
// Invariant: counts only while the weights that are served are those of the experiment.
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/state.hpp"
#include "rollout/experiment.hpp"

namespace sluice::control {

struct ExperimentStatus {
  rollout::ExperimentSpec spec;
  bool runs = false;
  std::string why = {};                // it stopped by itself; empty: it did not
  std::optional<WallTime> began = {};  // none: it never has, since the process began
  std::vector<rollout::Experiment::Comparison> comparisons = {};
  std::vector<std::pair<std::string, std::uint64_t>> exposures = {};
  bool sample_ratio_mismatch = false;
};

class Experiments {
 public:
  // What is served to a route now; called under the lock. Thread: any.
  using Served = std::function<Weights(const std::string& route)>;
  explicit Experiments(Served served) : served_(std::move(served)) {}

  // One whose spec is another now ends, and its counts with it.
  void configure(std::vector<rollout::ExperimentSpec> specs);

  // Counting begins from 0, now that the weights of `spec` are served. False: the file wants
  // another one of that name by now.
  bool start(const rollout::ExperimentSpec& spec, WallTime now);
  // False: there is none, or it is not running.
  bool stop(std::string_view name);
  // None: there is none, or it is not running.
  std::optional<rollout::Experiment::Taken> take(std::string_view name, std::string_view arm,
                                                 std::string_view event,
                                                 std::optional<std::uint64_t> key);
  std::optional<rollout::Experiment::Taken> take(std::string_view name, const Weights& counts,
                                                 std::string_view event);

  bool knows(std::string_view name);
  std::optional<ExperimentStatus> status(std::string_view name);
  std::vector<ExperimentStatus> statuses();  // in the order of the file

 private:
  struct Entry {
    rollout::ExperimentSpec spec;
    bool runs = false;
    std::string why = {};
    std::optional<WallTime> began = {};
    std::unique_ptr<rollout::Experiment> counts = {};
  };
  using Retired = std::vector<std::unique_ptr<rollout::Experiment>>;
  Entry* find(std::string_view name);
  static ExperimentStatus status_of(const Entry& entry);
  Entry* find_running(std::string_view name);
  void check(Entry& entry);

  Served served_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;
  // Large, and freed by whoever tells or looks: starting happens on a worker.
  Retired retired_;
};

}  // namespace sluice::control
