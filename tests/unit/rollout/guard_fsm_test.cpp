#include "rollout/guard_fsm.hpp"

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

using namespace std::chrono_literals;
using routing::OnBreach;
using routing::OnCommonCause;
using routing::RouteTick;

constexpr SteadyTime kStart{1h};
constexpr std::uint64_t kGeneration = 5;
const ArmSlots kSlots{{"blue", 0}, {"canary", 1}, {"green", 2}};
const Weights kSplit{{"blue", 90}, {"canary", 10}, {"green", 0}};

routing::GuardSpec spec(OnBreach on_breach = OnBreach::revert) {
  routing::GuardSpec spec;
  spec.baseline = "blue";
  spec.on_breach = on_breach;
  return spec;
}

struct Failing {
  std::uint64_t blue = 0;
  std::uint64_t canary = 0;
  std::uint64_t green = 0;
};

// A tick with a hundred requests in all, placed by `weights`; so many of them failed.
RouteTick tick_of(const Weights& weights, const Failing& failing,
                  std::uint64_t generation = kGeneration) {
  auto placements = std::make_shared<routing::Placements>();
  placements->generation = generation;
  std::uint64_t sum = 0;
  for (const auto& one : weights) {
    placements->arms.push_back({kSlots.at(one.upstream), one.weight});
    sum += one.weight;
  }
  RouteTick tick;
  tick.draws.push_back({placements, std::vector<routing::ArmTick>(weights.size())});
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const std::uint64_t bad[] = {failing.blue, failing.canary, failing.green};
    routing::ArmTick& arm = tick.draws[0].arms[i];
    arm.drawn = sum == 0 ? 0 : 100 * weights[i].weight / sum;
    arm.bad[0] = arm.over[0] = arm.failed = bad[placements->arms[i].slot];
    arm.decided[0] = std::max<std::uint64_t>(arm.drawn, arm.over[0]);
    arm.first_failure = kStart + 5s;
  }
  return tick;
}

KnownGood known(const Weights& configured) {
  KnownGood good;
  good.configure(configured, spec().settle);
  return good;
}

std::vector<Breach> feed(GuardFsm& guard, KnownGood& good, const Failing& failing, int ticks = 30) {
  for (int i = 0; i < ticks; ++i) {
    const RouteTick tick = tick_of(guard.served(), failing);
    auto breaches = guard.observe({&tick, 1}, good, kStart + 6s);
    if (!breaches.empty()) return breaches;
  }
  return {};
}

TEST(GuardFsm, TakesTheWeightOfWhoIsWorse) {
  GuardFsm guard(spec());
  KnownGood good = known(kSplit);
  guard.serve(kSplit, kSlots, kGeneration, kStart);
  EXPECT_TRUE(feed(guard, good, {}, 100).empty());
  const auto breaches = feed(guard, good, {.canary = 3});
  ASSERT_EQ(breaches.size(), 1U);
  const Breach& breach = breaches[0];
  EXPECT_EQ(breach.action, GuardAction::revert);
  EXPECT_EQ(breach.upstream, "canary");
  EXPECT_EQ(breach.baseline, "blue");
  EXPECT_EQ(breach.metric, "errors");
  EXPECT_EQ(breach.before, kSplit);
  EXPECT_EQ(breach.after, (Weights{{"blue", 100}, {"canary", 0}, {"green", 0}}));
  EXPECT_EQ(breach.harmed, breach.verdict.bad);
  EXPECT_EQ(breach.first_bad, kStart + 5s);
  guard.serve(breach.after, kSlots, kGeneration, kStart + 7s);
  EXPECT_FALSE(guard.is_watching());
}

TEST(GuardFsm, GoesBackToWhatIsKnownToBeGood) {
  const Weights proven{{"blue", 70}, {"canary", 0}, {"green", 30}};
  GuardFsm guard(spec());
  KnownGood good = known(kSplit);
  good.serve(proven, kStart);
  good.serve(kSplit, kStart + 31s);
  guard.serve(kSplit, kSlots, kGeneration, kStart + 31s);
  const auto breaches = feed(guard, good, {.canary = 5});
  ASSERT_EQ(breaches.size(), 1U);
  EXPECT_EQ(breaches[0].after, proven);
}

TEST(GuardFsm, DoesWhatTheConfigurationSays) {
  for (const auto on_breach : {OnBreach::pause, OnBreach::alert}) {
    GuardFsm guard(spec(on_breach));
    KnownGood good = known(kSplit);
    guard.serve(kSplit, kSlots, kGeneration, kStart);
    const auto breaches = feed(guard, good, {.canary = 3});
    ASSERT_EQ(breaches.size(), 1U);
    EXPECT_EQ(breaches[0].action,
              on_breach == OnBreach::pause ? GuardAction::pause : GuardAction::alert);
    EXPECT_EQ(breaches[0].after, kSplit);
    EXPECT_TRUE(feed(guard, good, {.canary = 3}).empty()) << "said once";
  }
}

TEST(GuardFsm, WhatBothSufferFromIsNotTheCanarysFault) {
  for (const auto on_common : {OnCommonCause::pause, OnCommonCause::revert}) {
    routing::GuardSpec guarded = spec();
    guarded.on_common_cause = on_common;
    GuardFsm guard(guarded);
    KnownGood good = known(kSplit);
    guard.serve(kSplit, kSlots, kGeneration, kStart);
    const auto breaches = feed(guard, good, {.blue = 45, .canary = 5}, 100);
    ASSERT_EQ(breaches.size(), 1U);
    EXPECT_TRUE(breaches[0].common_cause);
    EXPECT_EQ(breaches[0].action,
              on_common == OnCommonCause::pause ? GuardAction::pause : GuardAction::revert);
  }
}

TEST(GuardFsm, AFailingBaselineCostsNobodyElse) {
  GuardFsm guard(spec());
  KnownGood good = known(kSplit);
  guard.serve(kSplit, kSlots, kGeneration, kStart);
  EXPECT_TRUE(feed(guard, good, {.blue = 40}, 1000).empty());
}

TEST(GuardFsm, TwoAtOnceBothLoseTheirs) {
  const Weights both{{"blue", 60}, {"canary", 20}, {"green", 20}};
  GuardFsm guard(spec());
  KnownGood good = known(both);
  guard.serve(both, kSlots, kGeneration, kStart);
  const auto breaches = feed(guard, good, {.canary = 5, .green = 5});
  ASSERT_EQ(breaches.size(), 2U);
  EXPECT_EQ(breaches[1].after, (Weights{{"blue", 100}, {"canary", 0}, {"green", 0}}));
}

TEST(GuardFsm, ARunGoesOnOverAReloadAndEndsWithTheWeight) {
  GuardFsm guard(spec());
  KnownGood good = known(kSplit);
  guard.serve(kSplit, kSlots, kGeneration, kStart);
  feed(guard, good, {}, 10);
  guard.configure(spec());
  guard.serve(kSplit, kSlots, kGeneration, kStart);
  EXPECT_EQ(guard.runs().at("canary").run.evidence().ticks(), 10U);
  guard.serve({{"blue", 100}, {"canary", 0}, {"green", 0}}, kSlots, kGeneration, kStart);
  EXPECT_TRUE(guard.runs().empty());
  guard.serve(kSplit, kSlots, kGeneration, kStart);
  EXPECT_EQ(guard.runs().at("canary").run.evidence().ticks(), 0U);
}

TEST(GuardRun, CountsASessionOnce) {
  GuardRun run(spec(), {.guarded = 1, .generation = kGeneration, .salt = 7});
  RouteTick tick = tick_of(kSplit, {});
  for (int i = 0; i < 1000; ++i) tick.sessions.push_back({77, 1, 0, 1, 0});
  run.observe({&tick, 1}, kStart);
  EXPECT_EQ(run.evidence().metrics()[0].overall().guarded(), 1U);
  EXPECT_EQ(run.evidence().finding(), Finding::quiet);
}

// A canary hung, lost its weight, was mended and got the same weight again: what had hung ends now.
TEST(GuardRun, WhatAnEarlierRunPlacedIsNoEvidence) {
  GuardRun run(spec(), {.guarded = 1, .generation = kGeneration, .salt = 7});
  for (int i = 0; i < 100; ++i) {
    RouteTick tick = tick_of(kSplit, {.canary = 20}, kGeneration - 1);
    tick.sessions.push_back({77, 1, 0, 1, 0});
    run.observe({&tick, 1}, kStart);
  }
  EXPECT_EQ(run.evidence().finding(), Finding::quiet);
  EXPECT_EQ(run.evidence().metrics()[0].overall().total(), 0U);
  EXPECT_EQ(run.requests(), 0U);
}

TEST(GuardRun, SaysNothingOfASessionPlacedNobodyKnowsHow) {
  GuardRun run(spec(), {.guarded = 1, .generation = kGeneration, .salt = 7});
  RouteTick tick = tick_of({{"blue", 0}, {"canary", 0}, {"green", 0}}, {});
  for (std::uint64_t i = 1; i < 100; ++i) tick.sessions.push_back({i, 1, 0, 1, 0});
  run.observe({&tick, 1}, kStart);
  EXPECT_EQ(run.evidence().metrics()[0].overall().total(), 0U);
}

}  // namespace
}  // namespace sluice::rollout
