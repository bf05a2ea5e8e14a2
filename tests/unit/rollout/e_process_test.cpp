// The process against its definition: exact expectations by enumeration, the formula written down a
// second time, and what must hold for any counts.
#include "rollout/e_process.hpp"

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "rollout/relative_test.hpp"

namespace sluice::rollout {
namespace {

constexpr double kShares[] = {0.001, 0.01, 0.05, 0.25, 0.5, 0.9, 0.99};

double chance(double psi, double share) {
  return psi * share / (psi * share + 1 - share);
}

void observe(EProcess& process, double share, std::uint64_t guarded, std::uint64_t baseline) {
  const SplitCounts counts{share, guarded, baseline};
  process.observe({&counts, 1});
}

double evidence(const EProcess& process) {
  return std::exp(process.log_evidence());
}

// ---- expectations, exactly
// -----------------------------------------------------------------------

TEST(EProcess, OneEventHasExpectationOfAtMostOneForEachRatio) {
  for (const double null_ratio : {0.5, 1.0, 1.5, 3.0}) {
    for (const double ratio : ratios_above(null_ratio)) {
      for (const double share : kShares) {
        EProcess bad({&ratio, 1}, null_ratio, Onset::at_start);
        EProcess good = bad;
        observe(bad, share, 1, 0);
        observe(good, share, 0, 1);
        for (const double part : {0.0, 0.1, 0.5, 0.9, 1.0}) {
          const double p = chance(part * null_ratio, share);
          const double mean = p * evidence(bad) + (1 - p) * evidence(good);
          EXPECT_LE(mean, 1 + 1e-12) << ratio << " at " << part * null_ratio << ", " << share;
          if (part == 1.0) {
            EXPECT_NEAR(mean, 1, 1e-12) << ratio << ", " << share;
          }
        }
      }
    }
  }
}

// The sum over all outcomes of `events` single events, of what `value` says of the process at the
// end, weighted with their probability. Shares follow the outcomes before them, as a rollout's do.
struct Walk {
  double psi;
  int events;
  bool quiet_ticks;  // a tick without events after each one with
  std::function<double(const EProcess&, bool reached)> value;
  double threshold = 5;

  double sum(const EProcess& process, int depth, double share, bool reached) const {
    const bool now = reached || evidence(process) >= threshold;
    if (depth == events) return value(process, now);
    const double p = chance(psi, share);
    double total = 0;
    for (const bool guarded : {true, false}) {
      EProcess next = process;
      observe(next, share, guarded ? 1 : 0, guarded ? 0 : 1);
      if (quiet_ticks) next.observe({});
      const double next_share = guarded ? share / 2 : std::min(0.9, share * 2);
      total += (guarded ? p : 1 - p) * sum(next, depth + 1, next_share, now);
    }
    return total;
  }
};

double expectation(const EProcess& fresh, double psi, double share, bool quiet_ticks) {
  const Walk walk{psi, 9, quiet_ticks, [](const EProcess& one, bool) { return evidence(one); }};
  return walk.sum(fresh, 0, share, false);
}

TEST(EProcess, TheWholeProcessHasExpectationOfAtMostOneUnderTheNullHypothesis) {
  for (const double max_ratio : {1.0, 1.5}) {
    for (const double share : {0.01, 0.05, 0.5}) {
      for (const bool quiet : {false, true}) {
        const EProcess fresh = make_regression_test(max_ratio);
        for (const double psi : {0.1, 0.7, 0.95})
          EXPECT_LT(expectation(fresh, psi * max_ratio, share, quiet), 1) << psi << ", " << share;
        EXPECT_NEAR(expectation(fresh, max_ratio, share, quiet), 1, 1e-9) << share;
        EXPECT_GT(expectation(fresh, 1.1 * max_ratio, share, quiet), 1) << share;
      }
    }
  }
}

TEST(EProcess, TheSafetyTestHasExpectationOfAtMostOneWhereItIsNotSafe) {
  for (const double share : {0.01, 0.05, 0.5}) {
    const EProcess fresh = make_safety_test(2);
    EXPECT_NEAR(expectation(fresh, 2, share, true), 1, 1e-9) << share;
    for (const double psi : {2.1, 4.0, 50.0}) EXPECT_LT(expectation(fresh, psi, share, true), 1);
    EXPECT_GT(expectation(fresh, 1, share, true), 1) << share;
  }
}

TEST(EProcess, EverReachingAThresholdHasTheProbabilityOfVillesInequality) {
  for (const double share : {0.05, 0.5}) {
    for (const double threshold : {2.0, 5.0, 20.0}) {
      const Walk walk{1.5, 11, true, [](const EProcess&, bool reached) { return reached ? 1 : 0; },
                      threshold};
      const double probability = walk.sum(make_regression_test(1.5), 0, share, false);
      EXPECT_LE(probability, 1 / threshold) << share;
      EXPECT_GT(probability, 0) << share;
    }
  }
}

// ---- the formula, written down a second time
// -----------------------------------------------------

class ByTheLetter {
 public:
  explicit ByTheLetter(double null_ratio) : null_ratio_(null_ratio) {
    for (int i = -16; i <= 16; ++i) add(std::pow(2.0L, static_cast<long double>(i) / 4));
    add(32);
    add(100);
  }

  void observe(const std::vector<SplitCounts>& groups) {
    const long double pi = tick_ == 0 ? 0.5L : block_mass();
    remaining_ -= pi;
    for (std::size_t i = 0; i < ratios_.size(); ++i) {
      values_[i] += pi;
      for (const SplitCounts& one : groups) {
        const long double w = one.share;
        const long double cost = (null_ratio_ * w + 1 - w) / (ratios_[i] * w + 1 - w);
        values_[i] *= std::pow(ratios_[i] / null_ratio_, static_cast<long double>(one.guarded));
        values_[i] *= std::pow(cost, static_cast<long double>(one.guarded + one.baseline));
      }
    }
    ++tick_;
  }

  double log_evidence() const {
    long double sum = 0;
    for (const long double one : values_) sum += one / static_cast<long double>(values_.size());
    return static_cast<double>(std::log(sum + remaining_));
  }

 private:
  void add(long double ratio) {
    if (ratio <= null_ratio_) return;
    ratios_.push_back(ratio);
    values_.push_back(0);
  }
  long double block_mass() const {
    std::uint64_t begin = 1;
    for (std::uint64_t k = 0;; ++k) {
      const std::uint64_t length = 10ULL << k;
      if (tick_ < begin + length)
        return 0.5L / static_cast<long double>((k + 1) * (k + 2) * length);
      begin += length;
    }
  }

  long double null_ratio_;
  std::vector<long double> ratios_;
  std::vector<long double> values_;
  long double remaining_ = 1;
  std::uint64_t tick_ = 0;
};

TEST(EProcess, IsWhatTheFormulaSaysTickByTick) {
  Xoshiro256 random(1);
  for (int round = 0; round < 20; ++round) {
    EProcess process = make_regression_test(1.5);
    ByTheLetter letter(1.5);
    for (int tick = 0; tick < 500; ++tick) {
      std::vector<SplitCounts> groups;
      for (auto left = random.below(6); left > 3; --left)
        groups.push_back({kShares[random.below(7)], random.below(3), random.below(4)});
      process.observe(groups);
      letter.observe(groups);
      ASSERT_NEAR(process.log_evidence(), letter.log_evidence(), 1e-7) << round << ", " << tick;
    }
  }
}

// ---- properties
// ----------------------------------------------------------------------------------

TEST(EProcess, BeginsAtOneAndStaysWithoutEvents) {
  EProcess process = make_regression_test(1.5);
  EXPECT_DOUBLE_EQ(evidence(process), 1);
  for (int i = 0; i < 1000; ++i) process.observe({});
  EXPECT_DOUBLE_EQ(evidence(process), 1);
  observe(process, 0.05, 2, 1);
  const double before = process.log_evidence();
  for (int i = 0; i < 1000; ++i) process.observe({});
  EXPECT_EQ(process.log_evidence(), before);
  EXPECT_EQ(process.ticks(), 2001U);
}

TEST(EProcess, EventsWhoseSideWasNoChanceSayNothing) {
  EProcess process = make_regression_test(1.5);
  for (const double share : {0.0, 1.0, -0.5, 1.5, std::nan("")}) observe(process, share, 7, 3);
  EXPECT_DOUBLE_EQ(evidence(process), 1);
  EXPECT_EQ(process.since().tally.total(), 0U);
}

TEST(EProcess, OrderAndGroupingWithinATickDoNotMatter) {
  Xoshiro256 random(2);
  EProcess whole = make_regression_test(1.5);
  EProcess turned = whole;
  EProcess split = whole;
  for (int tick = 0; tick < 2000; ++tick) {
    std::vector<SplitCounts> groups;
    std::vector<SplitCounts> pieces;
    for (auto left = random.below(4); left > 0; --left) {
      const SplitCounts one{kShares[random.below(7)], random.below(3), random.below(5)};
      groups.push_back(one);
      for (std::uint64_t i = 0; i < one.guarded; ++i) pieces.push_back({one.share, 1, 0});
      for (std::uint64_t i = 0; i < one.baseline; ++i) pieces.push_back({one.share, 0, 1});
    }
    whole.observe(groups);
    turned.observe(std::vector<SplitCounts>(groups.rbegin(), groups.rend()));
    split.observe(pieces);
    ASSERT_NEAR(whole.log_evidence(), turned.log_evidence(), 1e-8) << tick;
    ASSERT_NEAR(whole.log_evidence(), split.log_evidence(), 1e-8) << tick;
    ASSERT_EQ(whole.since().tick, split.since().tick) << tick;
    ASSERT_EQ(whole.since().tally.total(), split.since().tally.total()) << tick;
  }
}

TEST(EProcess, AnEventMoreOnTheGuardedSideSpeaksForAndOneOnTheOtherAgainst) {
  Xoshiro256 random(3);
  for (int round = 0; round < 2000; ++round) {
    EProcess fewer = make_regression_test(1.5);
    for (auto left = random.below(20); left > 0; --left)
      observe(fewer, kShares[random.below(7)], random.below(4), random.below(4));
    EProcess guarded = fewer;
    EProcess baseline = fewer;
    const double share = kShares[random.below(7)];
    const std::uint64_t x = random.below(4);
    const std::uint64_t n = random.below(4);
    observe(fewer, share, x, n);
    observe(guarded, share, x + 1, n);
    observe(baseline, share, x, n + 1);
    ASSERT_GT(guarded.log_evidence(), fewer.log_evidence()) << round;
    ASSERT_LT(baseline.log_evidence(), fewer.log_evidence()) << round;
  }
}

TEST(EProcess, IsANumberWhateverItIsFed) {
  const EProcess kinds[] = {make_regression_test(1.5), make_regression_test(1), make_safety_test(2),
                            make_regression_test(200), make_safety_test(0.01)};
  Xoshiro256 random(4);
  for (EProcess process : kinds) {
    for (int tick = 0; tick < 3000; ++tick) {
      const double share = random.below(3) == 0 ? 1e-12 : kShares[random.below(7)];
      const std::uint64_t scale = 1ULL << random.below(24);
      const bool one_side = random.below(2) == 0;
      observe(process, share, random.below(scale), one_side ? 0 : random.below(scale));
      ASSERT_TRUE(std::isfinite(process.log_evidence())) << tick;
      ASSERT_TRUE(std::isfinite(process.since().onset_mass)) << tick;
    }
  }
}

TEST(EProcess, TenMillionHealthyEventsNeitherWearItOutNorBlindIt) {
  EProcess process = make_regression_test(1.5);
  for (int tick = 0; tick < 100'000; ++tick) observe(process, 0.05, 5, 95);
  EXPECT_LT(process.log_evidence(), 0);
  EXPECT_GT(process.log_evidence(), -10);
  int ticks = 0;
  for (; ticks < 100 && !process.reaches(std::log(400)); ++ticks) observe(process, 0.05, 25, 95);
  EXPECT_LE(ticks, 3);
}

TEST(EProcess, AProcessWithoutLaterOnsetRecoversFromTheFloorOfItsNumbers) {
  EProcess process = make_safety_test(2);
  for (int tick = 0; tick < 100; ++tick) observe(process, 0.5, 1'000'000, 0);
  EXPECT_TRUE(std::isfinite(process.log_evidence()));
  for (int tick = 0; tick < 100; ++tick) observe(process, 0.5, 0, 1'000);
  EXPECT_TRUE(process.reaches(std::log(20)));
}

TEST(EProcess, SinceNamesTheOnset) {
  EProcess process = make_regression_test(1.5);
  Xoshiro256 random(5);
  for (int tick = 0; tick < 3000; ++tick) observe(process, 0.5, random.below(2), random.below(2));
  for (int tick = 0; tick < 20; ++tick) observe(process, 0.5, 3, 0);
  EXPECT_NEAR(static_cast<double>(process.since().tick), 3000, 20);
  EXPECT_GE(process.since().tally.guarded(), 60U);
  EXPECT_GT(process.since().tally.ratio(), 10);
}

TEST(EProcess, SinceBeginsWithTheRunIfItWasBadFromTheStart) {
  EProcess process = make_regression_test(1.5);
  process.observe({});
  for (int tick = 0; tick < 5; ++tick) observe(process, 0.05, 2, 1);
  EXPECT_EQ(process.since().tick, 0U);
  EXPECT_EQ(process.since().tally.guarded(), 10U);
  EXPECT_EQ(process.since().tally.total(), 15U);
}

}  // namespace
}  // namespace sluice::rollout
