#include "rollout/known_good.hpp"

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

using namespace std::chrono_literals;

const Weights kFirst{{"blue", 90}, {"canary", 10}};
const Weights kLater{{"blue", 60}, {"canary", 40}};
const Weights kBlue{{"blue", 100}, {"canary", 0}};
const Weights kBlueToo{{"blue", 7}, {"canary", 0}};
constexpr SteadyTime kStart{1h};

TEST(KnownGood, IsWhatStoodLongEnough) {
  KnownGood good;
  good.configure(kFirst, 30s);
  good.serve(kBlue, kStart);
  good.serve(kLater, kStart + 29s);
  EXPECT_EQ(good.find_without("canary"), std::nullopt) << "it stood for 29 s, and the file has 10";
  good.serve(kBlueToo, kStart + 60s);
  good.serve(kFirst, kStart + 90s);
  EXPECT_EQ(good.find_without("canary"), kBlueToo);
  EXPECT_EQ(good.find_before(), kBlueToo);
}

TEST(KnownGood, TheConfiguredWeightsAre) {
  KnownGood good;
  good.configure(kBlue, 30s);
  good.serve(kFirst, kStart);
  EXPECT_EQ(good.find_without("canary"), kBlue);
  EXPECT_EQ(good.find_before(), kBlue);
}

TEST(KnownGood, IsNothingThatFeedsWhoHasBreachedSince) {
  KnownGood good;
  good.configure({{"blue", 90}, {"canary", 10}, {"green", 0}}, 30s);
  const Weights fed{{"blue", 80}, {"canary", 10}, {"green", 10}};
  good.serve(fed, kStart);
  good.serve({{"blue", 100}, {"canary", 0}, {"green", 0}}, kStart + 31s);
  good.disgrace("green", kStart + 40s);
  EXPECT_EQ(good.find_before(), (Weights{{"blue", 90}, {"canary", 10}, {"green", 0}}));
  good.disgrace("canary", kStart + 50s);
  EXPECT_EQ(good.find_before(), std::nullopt);
}

TEST(KnownGood, AfterABreachTimeBeginsAnew) {
  KnownGood good;
  good.configure(kFirst, 30s);
  good.serve(kFirst, kStart);
  good.disgrace("canary", kStart + 29s);
  good.serve(kBlue, kStart + 40s);
  EXPECT_EQ(good.find_before(), std::nullopt);
}

TEST(KnownGood, IsForgottenWithItsSplit) {
  KnownGood good;
  good.configure(kBlue, 30s);
  good.serve(kFirst, kStart);
  good.serve(kLater, kStart + 31s);
  EXPECT_EQ(good.find_before(), kFirst);
  const Weights other{{"blue", 1}, {"green", 1}};
  good.configure(other, 30s);
  good.serve({{"blue", 2}, {"green", 1}}, kStart + 32s);
  EXPECT_EQ(good.find_before(), other);
}

TEST(Without, GivesThePartToTheRestInProportion) {
  struct Case {
    const char* name;
    Weights weights;
    Weights rest;
  };
  const Case cases[] = {
      {"two", {{"blue", 90}, {"canary", 10}}, {{"blue", 100}, {"canary", 0}}},
      {"three",
       {{"blue", 60}, {"green", 20}, {"canary", 20}},
       {{"blue", 75}, {"green", 25}, {"canary", 0}}},
      {"rounding is the baseline's",
       {{"blue", 1}, {"green", 1}, {"canary", 1}},
       {{"blue", 2}, {"green", 1}, {"canary", 0}}},
      {"the rest has nothing", {{"blue", 0}, {"canary", 5}}, {{"blue", 5}, {"canary", 0}}},
      {"the largest",
       {{"blue", INT32_MAX}, {"canary", INT32_MAX}},
       {{"blue", INT32_MAX}, {"canary", 0}}},
  };
  for (const auto& [name, weights, rest] : cases)
    EXPECT_EQ(without(weights, "canary", "blue"), rest) << name;
}

}  // namespace
}  // namespace sluice::rollout
