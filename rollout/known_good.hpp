#pragma once
// Remembers weights of a route that have proven themselves, to go back to.
//
// Known good: what stood for `settle` without a breach; and the configured weights. What gives
// weight to an upstream that has breached since is good no more.
//
// Thread: the control thread's. Path: cold. Pure: times are given.
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/spec.hpp"

namespace sluice::rollout {

using SteadyTime = std::chrono::steady_clock::time_point;
using Weights = std::vector<routing::WeightSpec>;  // of every upstream of a split, in its order

std::uint32_t weight_of(const Weights& weights, std::string_view upstream);

class KnownGood {
 public:
  static constexpr std::size_t kKept = 32;

  void configure(Weights configured, std::chrono::milliseconds settle);
  // These are served from now on; the same as before changes nothing.
  void serve(const Weights& weights, SteadyTime now);
  // `upstream` has breached.
  void disgrace(const std::string& upstream, SteadyTime now);

  // The newest in which `upstream` has nothing; none: nothing is known.
  std::optional<Weights> find_without(const std::string& upstream) const;
  // The newest that is not what is served now.
  std::optional<Weights> find_before() const;

 private:
  bool stands(SteadyTime now) const noexcept { return served_ && now - since_ >= settle_; }
  bool is_known(const Weights& weights) const;

  std::chrono::milliseconds settle_{0};
  Weights configured_;
  std::vector<std::string> disgraced_;  // since the configuration
  std::deque<Weights> good_;            // newest last
  std::optional<Weights> served_;
  SteadyTime since_;
};

// `weights` without `upstream`, whose part goes to the rest in proportion; to `baseline` when the
// rest has nothing. Invariant: the sum stays.
Weights without(const Weights& weights, const std::string& upstream, const std::string& baseline);

}  // namespace sluice::rollout
