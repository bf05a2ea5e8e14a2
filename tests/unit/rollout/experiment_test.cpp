#include "rollout/experiment.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice::rollout {
namespace {

using Taken = Experiment::Taken;

ExperimentSpec spec(std::uint32_t blue = 50, std::uint32_t green = 50) {
  return {.name = "button",
          .route = "shop",
          .control = "blue",
          .split = {{"blue", blue}, {"green", green}},
          .conversions = {"purchase"}};
}

std::vector<routing::WeightSpec> counts(std::uint32_t blue, std::uint32_t green) {
  return {{"blue", blue}, {"green", green}};
}

TEST(Experiment, CountsAUserOncePerEvent) {
  Experiment experiment(spec(), 2);
  EXPECT_EQ(experiment.take("green", "purchase", 1), Taken::counted);
  EXPECT_EQ(experiment.take("green", "purchase", 1), Taken::repeated);
  EXPECT_EQ(experiment.take("blue", "purchase", 1), Taken::repeated) << "on any arm";
  EXPECT_EQ(experiment.take("green", "exposure", 1), Taken::counted) << "of another event";
  EXPECT_EQ(experiment.take("blue", "purchase", 2), Taken::counted);
  EXPECT_EQ(experiment.take("blue", "purchase", 3), Taken::full);
  EXPECT_EQ(experiment.take(counts(2, 3), "purchase"), Taken::counted) << "somebody vouches";
  EXPECT_EQ(experiment.take("canary", "purchase", {}), Taken::unknown_arm);
  EXPECT_EQ(experiment.take("blue", "refund", {}), Taken::unknown_event);
  const auto comparison = experiment.comparisons().at(0);
  EXPECT_EQ(comparison.on_arm, 4U);
  EXPECT_EQ(comparison.on_control, 3U);
  EXPECT_EQ(experiment.exposures(),
            (std::vector<std::pair<std::string, std::uint64_t>>{{"blue", 0}, {"green", 1}}));
}

TEST(Experiment, ComparesByTheSplitNotByTheCounts) {
  Experiment experiment(spec(90, 10));
  experiment.take(counts(900, 100), "purchase");
  const auto comparison = experiment.comparisons().at(0);
  EXPECT_NEAR(comparison.ratio, 1, 1e-9);
  EXPECT_LT(comparison.bounds.low, 1);
  EXPECT_GT(comparison.bounds.high, 1);
  EXPECT_NE(in_words(comparison, "blue").find("no difference is proven"), std::string::npos);
}

TEST(Experiment, SaysInWordsWhatIsProven) {
  Experiment experiment(spec());
  EXPECT_EQ(in_words(experiment.comparisons().at(0), "blue"), "purchase: green 0, blue 0");
  experiment.take(counts(100, 200), "purchase");
  const auto comparison = experiment.comparisons().at(0);
  EXPECT_GT(comparison.bounds.low, 1) << in_words(comparison, "blue");
  EXPECT_EQ(
      in_words(comparison, "blue")
          .rfind("purchase: green 200, blue 100; those of green convert 2 times as often (1.", 0),
      0U)
      << in_words(comparison, "blue");
}

// 400 experiments with equal arms, looked at after each conversion: the interval excludes the truth
// at most in 5 % of them (plus three standard errors), at any look.
TEST(Experiment, IsWrongNoMoreOftenThanItSaysHoweverOftenOneLooks) {
  Xoshiro256 random(7);
  int wrong = 0;
  constexpr int kRuns = 400;
  for (int run = 0; run < kRuns; ++run) {
    Experiment experiment(spec(70, 30));
    bool excluded = false;
    for (int i = 0; i < 1000 && !excluded; ++i) {
      experiment.take(random.below(10) < 3 ? "green" : "blue", "purchase", {});
      const RatioBounds bounds = experiment.comparisons()[0].bounds;
      excluded = bounds.low > 1 || bounds.high < 1;
    }
    wrong += excluded ? 1 : 0;
  }
  EXPECT_LE(wrong, kRuns * (0.05 + 3 * 0.011));
}

TEST(Experiment, NoticesUsersThatAreNotPlacedAsTheSplitSays) {
  Experiment well(spec());
  Experiment broken(spec());
  for (std::uint64_t user = 0; user < 2000; ++user) {
    well.take(user % 2 == 0 ? "blue" : "green", "exposure", user);
    broken.take(user % 5 < 2 ? "blue" : "green", "exposure", user);
  }
  EXPECT_FALSE(well.sample_ratio_mismatch());
  EXPECT_TRUE(broken.sample_ratio_mismatch());
}

}  // namespace
}  // namespace sluice::rollout
