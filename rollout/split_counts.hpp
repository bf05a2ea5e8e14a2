#pragma once
// What the tests are fed: how many events fell on the guarded upstream and how many on its
// baseline, beside the probability with which the split places a request on the guarded one.
//
// Shape: only requests placed by the split's own chance count; not those forced by an override, a
//        fallback or a retry. `share` is the one of the snapshot that placed them, against the
//        baseline alone: weight_guarded / (weight_guarded + weight_baseline).
#include <cstdint>
#include <limits>
#include <span>

namespace sluice::rollout {

// A tick is one look: 100 ms in the proxy. Ticks are numbered from the beginning of a guard run.
inline constexpr std::uint64_t kTicksPerSecond = 10;

// Events of one tick that were placed with the same share. A tick may have several groups.
struct SplitCounts {
  double share = 0;  // in (0, 1); outside of it placement was no chance and says nothing
  std::uint64_t guarded = 0;
  std::uint64_t baseline = 0;

  std::uint64_t total() const noexcept { return guarded + baseline; }
  bool tells() const noexcept { return share > 0 && share < 1 && total() > 0; }
};

// One upstream's own count: how many requests are decided, and how many of those are bad.
struct RateCounts {
  std::uint64_t bad = 0;
  std::uint64_t total = 0;  // never below bad
};

// Sums over groups of whatever shares, and what they say about the ratio of the two risks.
class SplitTally {
 public:
  void add(const SplitCounts& counts) noexcept {
    const auto guarded = static_cast<double>(counts.guarded);
    const auto baseline = static_cast<double>(counts.baseline);
    guarded_ += counts.guarded;
    baseline_ += counts.baseline;
    expected_ += counts.share * (guarded + baseline);
    for_ += guarded * (1 - counts.share);
    against_ += baseline * counts.share;
  }

  std::uint64_t guarded() const noexcept { return guarded_; }
  std::uint64_t total() const noexcept { return guarded_ + baseline_; }
  // The guarded upstream's share of the requests, as an average over the events; 0 without any.
  double share() const noexcept {
    return total() == 0 ? 0 : expected_ / static_cast<double>(total());
  }
  // The odds that an event fell on the guarded upstream over those of the split: an estimate of the
  // ratio of the risks. 1 without any event, infinity without one on the baseline.
  // Source: Mantel & Haenszel, J. Natl. Cancer Inst. 22 (1959); strata are the groups.
  double ratio() const noexcept {
    if (total() == 0) return 1;
    return against_ > 0 ? for_ / against_ : std::numeric_limits<double>::infinity();
  }

 private:
  std::uint64_t guarded_ = 0;
  std::uint64_t baseline_ = 0;
  double expected_ = 0;
  double for_ = 0;
  double against_ = 0;
};

}  // namespace sluice::rollout
