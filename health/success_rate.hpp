#pragma once
// Decides whether one endpoint fails more of its requests than its neighbours do.
//
// The neighbours' failure ratio is at most u, the one-sided Clopper-Pearson bound of their counts;
// an endpoint as good as they are has as many failures as it has, or more, with a probability of at
// most P(Bin(n, u) >= k). Both are held under kWrong / 2, so a single look is wrong with a
// probability below kWrong, whatever the ratios and counts (for requests that fail independently).
// Envoy's success_rate_stdev_factor can, with fewer than five endpoints, never be exceeded: the
// largest of n values is at most (n - 1) / sqrt(n) standard deviations from the mean.
//
// Thread: control thread. Path: cold. Pure.
// Source: Clopper & Pearson, "The use of confidence or fiducial limits", Biometrika 26 (1934).
#include <cstdint>

namespace sluice::health {

struct Outcomes {
  std::uint64_t successes = 0;
  std::uint64_t failures = 0;
  std::uint64_t total() const noexcept { return successes + failures; }
  Outcomes& operator+=(const Outcomes& other) noexcept {
    successes += other.successes;
    failures += other.failures;
    return *this;
  }
  friend Outcomes operator-(Outcomes all, const Outcomes& some) noexcept {
    return {all.successes - some.successes, all.failures - some.failures};
  }
};

// A look a second at one endpoint for a day is wrong with a probability below 0.001.
inline constexpr double kWrong = 1e-8;

bool fails_more(const Outcomes& endpoint, const Outcomes& neighbours);

}  // namespace sluice::health
