#pragma once
// How often hooks and metrics from outside have answered what.
//
// Thread: counted by the control thread, read by any. Path: cold. A failing hook is not a failing
// metric: they are counted apart.
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

namespace sluice::control {

class RolloutCounts {
 public:
  using Key = std::tuple<std::string, std::string, std::string>;  // route, who, outcome
  using Counts = std::map<Key, std::uint64_t>;

  void count_hook(Key key) { count(hooks_, std::move(key)); }                // who: its type
  void count_measurement(Key key) { count(measurements_, std::move(key)); }  // who: its name
  Counts hooks() const { return copy(hooks_); }
  Counts measurements() const { return copy(measurements_); }

 private:
  void count(Counts& counts, Key key) {
    const std::lock_guard lock(mutex_);
    ++counts[std::move(key)];
  }
  Counts copy(const Counts& counts) const {
    const std::lock_guard lock(mutex_);
    return counts;
  }

  mutable std::mutex mutex_;
  Counts hooks_;
  Counts measurements_;
};

}  // namespace sluice::control
