#include "rollout/rollout_fsm.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};
constexpr Safety kQuiet{.any_data = true};

StepSpec weight(double share) {
  return {.kind = StepKind::set_weight, .share = share};
}
StepSpec pause_for(milliseconds time) {
  return {.kind = StepKind::pause, .time = time};
}
StepSpec until_safe(milliseconds at_most) {
  return {.kind = StepKind::pause, .time = at_most, .until_safe = true};
}
const StepSpec kUntilPromoted{.kind = StepKind::pause};
StepSpec gate(GateTimeout then) {
  return {.kind = StepKind::gate, .time = 10s, .on_timeout = then, .name = "boss"};
}
const StepSpec kHook{.kind = StepKind::webhook, .name = "confirm_promotion", .url = "http://a/"};
StepSpec bake(milliseconds time) {
  return {.kind = StepKind::bake, .share = 0.05, .time = time};
}

// A rollout whose wishes are granted at once.
class Driven {
 public:
  explicit Driven(std::vector<StepSpec> steps)
      : fsm_({.route = "shop", .stable = "blue", .canary = "canary", .steps = std::move(steps)}) {
    carry_out(fsm_.begin(now_));
  }
  Driven(std::vector<StepSpec> steps, const std::vector<HookKind>& hooks,
         const std::vector<MetricSpec>& external = {})
      : fsm_({.steps = std::move(steps), .hooks = hooks_of(hooks), .external = external}) {
    carry_out(fsm_.begin(now_));
  }
  explicit Driven(const RolloutState& kept) : fsm_(kept) {}

  void after(milliseconds time, const Safety& safety = kQuiet) {
    now_ += time;
    carry_out(fsm_.tick(safety, now_));
  }
  bool ask(std::optional<RolloutActions> (RolloutFsm::*what)(SteadyTime)) {
    return granted((fsm_.*what)(now_));
  }
  bool promote(bool full = false) { return granted(fsm_.promote(full, now_)); }
  bool abort() { return granted(fsm_.abort("enough", now_)); }
  void hook(bool confirmed, bool answered) {
    carry_out(fsm_.webhook_ended(confirmed, answered, "403", now_));
  }
  void measure(const Measurement& measurement) { carry_out(fsm_.measured(0, measurement, now_)); }
  void listen_to(const std::vector<HookSpec>& to) { carry_out(fsm_.listen_to(to, {}, now_)); }
  void end_by_hook(bool confirmed) { carry_out(fsm_.rollback_answered(confirmed, now_)); }
  RolloutFsm& fsm() { return fsm_; }
  const RolloutState& state() const { return fsm_.state(); }
  SteadyTime now() const { return now_; }

  std::vector<double> shares;
  bool back = false;
  int hooks = 0;
  int questions_to_end = 0;
  int queries = 0;
  std::string asked;  // the type of the newest hook

 private:
  static std::vector<HookSpec> hooks_of(const std::vector<HookKind>& kinds) {
    std::vector<HookSpec> hooks;
    for (const HookKind kind : kinds) hooks.push_back({.kind = kind, .url = "http://a/"});
    return hooks;
  }
  bool granted(const std::optional<RolloutActions>& actions) {
    if (actions) carry_out(*actions);
    return actions.has_value();
  }
  void carry_out(const RolloutActions& actions) {
    for (const RolloutAction& action : actions) {
      if (std::holds_alternative<AskMetric>(action)) ++queries;
      if (const auto* const call = std::get_if<CallWebhook>(&action)) {
        asked = call->type;
        ++(call->ends ? questions_to_end : hooks);
      }
      const auto* const set = std::get_if<SetShare>(&action);
      if (set == nullptr) continue;
      shares.push_back(set->share);
      back = set->back;
      if (!set->back) carry_out(fsm_.served(now_));
    }
  }

  RolloutFsm fsm_;
  SteadyTime now_ = kStart;
};

TEST(Rollout, GoesStepByStepToTheEnd) {
  Driven rollout({weight(0.01), pause_for(60s), weight(0.5), pause_for(60s)});
  EXPECT_EQ(rollout.state().phase, Phase::paused);
  EXPECT_EQ(rollout.state().hold, Hold::step);
  rollout.after(59s);
  EXPECT_EQ(rollout.shares, std::vector<double>{0.01});
  EXPECT_EQ(rollout.fsm().left(rollout.now()), 1s);
  rollout.after(1s);
  rollout.after(60s);
  EXPECT_EQ(rollout.shares, (std::vector<double>{0.01, 0.5, 1}));
  EXPECT_EQ(rollout.state().phase, Phase::succeeded);
  EXPECT_TRUE(rollout.state().swapped);
}

TEST(Rollout, TimersRunFromWhenTheWeightIsServed) {
  RolloutFsm fsm({.steps = {weight(0.1), pause_for(10s)}});
  fsm.begin(kStart);
  fsm.tick(kQuiet, kStart + 60s);
  EXPECT_EQ(fsm.state().step, 0U);
  fsm.served(kStart + 60s);
  EXPECT_EQ(fsm.left(kStart + 61s), 9s);
}

TEST(Rollout, WaitsUntilItIsSafe) {
  Driven rollout({weight(0.1), until_safe(60s), weight(0.5), kUntilPromoted});
  rollout.after(5s, {.safe = true, .any_data = true});
  EXPECT_EQ(rollout.state().share, 0.5);
}

TEST(Rollout, WhatIsNotCertainInTimeIsLeftToPeople) {
  for (const bool data : {true, false}) {
    Driven rollout({weight(0.1), until_safe(60s), weight(0.5)});
    rollout.after(60s, {.any_data = data});
    EXPECT_EQ(rollout.state().hold, data ? Hold::inconclusive : Hold::no_data);
    rollout.after(1h, {.safe = true, .any_data = true});
    EXPECT_EQ(rollout.state().share, 0.1) << "it waits for a word";
    EXPECT_TRUE(rollout.promote());
    EXPECT_EQ(rollout.state().phase, Phase::succeeded);
  }
}

TEST(Rollout, AGateWaitsForItsApproval) {
  Driven rollout({weight(0.1), gate(GateTimeout::abort), weight(0.2), kUntilPromoted});
  EXPECT_EQ(rollout.state().hold, Hold::gate);
  EXPECT_TRUE(rollout.ask(&RolloutFsm::approve));
  EXPECT_EQ(rollout.state().share, 0.2);
  EXPECT_FALSE(rollout.ask(&RolloutFsm::approve)) << "it is no gate any more";
}

TEST(Rollout, AGateThatNobodyOpens) {
  Driven aborted({weight(0.1), gate(GateTimeout::abort), weight(0.2)});
  aborted.after(10s);
  EXPECT_EQ(aborted.state().phase, Phase::aborted);
  EXPECT_TRUE(aborted.back);
  Driven passed({weight(0.1), gate(GateTimeout::go_on), weight(0.2), kUntilPromoted});
  passed.after(10s);
  EXPECT_EQ(passed.state().share, 0.2);
}

TEST(Rollout, AHookThatSaysNoIsAskedAgain) {
  Driven rollout({weight(0.1), kHook, weight(0.2), kUntilPromoted});
  EXPECT_EQ(rollout.hooks, 1);
  for (int i = 0; i < 10; ++i) rollout.hook(false, true);
  rollout.after(9s);
  EXPECT_EQ(rollout.hooks, 1);
  rollout.after(1s);
  EXPECT_EQ(rollout.hooks, 2);
  rollout.hook(true, true);
  EXPECT_EQ(rollout.state().share, 0.2);
}

TEST(Rollout, AHookThatCannotBeAskedIsNoVerdict) {
  Driven rollout({weight(0.1), kHook, weight(0.2)});
  for (int i = 0; i < 4; ++i) rollout.hook(false, false);
  EXPECT_EQ(rollout.state().hold, Hold::webhook);
  EXPECT_TRUE(rollout.ask(&RolloutFsm::resume));
  EXPECT_EQ(rollout.hooks, 2);
}

TEST(Rollout, HooksConfirmWhereTheirTypeSays) {
  Driven rollout({weight(0.1), kUntilPromoted, weight(0.05), weight(1)},
                 {HookKind::confirm_promotion, HookKind::confirm_traffic_increase,
                  HookKind::pre_rollout, HookKind::event});
  EXPECT_EQ(rollout.asked, "pre_rollout");
  rollout.hook(true, true);
  EXPECT_EQ(rollout.asked, "confirm_traffic_increase");
  EXPECT_TRUE(rollout.shares.empty());
  rollout.hook(true, true);
  EXPECT_EQ(rollout.shares, std::vector<double>{0.1});
  EXPECT_TRUE(rollout.promote());
  EXPECT_EQ(rollout.shares, (std::vector<double>{0.1, 0.05})) << "less traffic is nobody's concern";
  EXPECT_EQ(rollout.hooks, 3);
  rollout.hook(true, true);
  EXPECT_EQ(rollout.asked, "confirm_promotion");
  EXPECT_EQ(rollout.state().phase, Phase::progressing);
  rollout.hook(true, true);
  EXPECT_EQ(rollout.state().phase, Phase::succeeded);
  EXPECT_EQ(rollout.hooks, 4);
}

TEST(Rollout, AHookBeforeAStepIsAskedAgainOrPassedByHand) {
  Driven rollout({weight(0.1), kUntilPromoted}, {HookKind::confirm_traffic_increase});
  rollout.hook(false, true);
  EXPECT_EQ(rollout.state().reason, "the webhook confirm_traffic_increase does not confirm: 403");
  rollout.after(10s);
  EXPECT_EQ(rollout.hooks, 2);
  EXPECT_TRUE(rollout.promote());
  EXPECT_EQ(rollout.shares, std::vector<double>{0.1});
  rollout.hook(false, true);
  EXPECT_EQ(rollout.state().hold, Hold::step) << "the answer comes too late";
}

TEST(Rollout, WhatNobodyHadConfirmedIsAskedAgainAfterARestart) {
  const std::vector<HookKind> hooks{HookKind::confirm_traffic_increase,
                                    HookKind::confirm_promotion};
  Driven before({weight(0.1), weight(1)}, hooks);
  before.hook(true, true);
  EXPECT_EQ(before.state().share, 0.1);
  Driven after(before.state());
  EXPECT_TRUE(after.ask(&RolloutFsm::resume));
  EXPECT_EQ(after.state().share, 0.1);
  EXPECT_EQ(after.asked, "confirm_traffic_increase");
  after.hook(true, true);
  EXPECT_EQ(after.state().share, 1);
  EXPECT_EQ(after.asked, "confirm_promotion");
  Driven last(after.state());
  EXPECT_TRUE(last.ask(&RolloutFsm::resume));
  EXPECT_EQ(last.asked, "confirm_promotion");
  EXPECT_EQ(last.state().phase, Phase::progressing);
}

TEST(Rollout, AsksWhomTheNewestFileNames) {
  Driven rollout({weight(0.1), kUntilPromoted}, {HookKind::confirm_traffic_increase});
  rollout.hook(false, true);
  rollout.listen_to({{.kind = HookKind::pre_rollout, .url = "http://b/"}});
  EXPECT_EQ(rollout.asked, "pre_rollout") << "at once";
  rollout.listen_to({});
  EXPECT_EQ(rollout.shares, std::vector<double>{0.1}) << "nobody is to be asked any more";
}

TEST(Rollout, AHookMayEndItWhateverHoldsIt) {
  Driven rollout({weight(0.1), kUntilPromoted}, {HookKind::rollback});
  EXPECT_EQ(rollout.hooks, 0);
  rollout.after(100ms);
  rollout.after(9s);
  EXPECT_EQ(rollout.questions_to_end, 1);
  rollout.fsm().pause(rollout.now());
  rollout.after(1h);
  EXPECT_EQ(rollout.questions_to_end, 1) << "it has not answered yet";
  rollout.end_by_hook(false);
  rollout.after(1s);
  EXPECT_EQ(rollout.questions_to_end, 2);
  rollout.end_by_hook(false);
  EXPECT_EQ(rollout.state().hold, Hold::manual);
  rollout.end_by_hook(true);
  EXPECT_EQ(rollout.state().phase, Phase::aborted);
  EXPECT_TRUE(rollout.back);
}

MetricSpec conversion() {
  return {.name = "conversion", .interval = 60s, .success = "result >= 0.95"};
}

TEST(Rollout, AMetricThatFailsAbortsIt) {
  Driven rollout({weight(0.1), kUntilPromoted}, {}, {conversion()});
  rollout.after(1s);
  rollout.after(59s);
  EXPECT_EQ(rollout.queries, 1);
  rollout.measure({.value = 1});
  rollout.after(1s);
  EXPECT_EQ(rollout.queries, 2);
  EXPECT_EQ(rollout.state().hold, Hold::step);
  rollout.measure({.value = 0.9});
  EXPECT_EQ(rollout.state().phase, Phase::aborted);
  EXPECT_EQ(rollout.state().reason, "the metric conversion is 0.9, wanted result >= 0.95");
  EXPECT_TRUE(rollout.back);
  rollout.after(1h);
  EXPECT_EQ(rollout.queries, 2) << "nobody asks any more";
}

TEST(Rollout, AMetricWithoutDataIsLeftToPeople) {
  Driven rollout({weight(0.1), kUntilPromoted}, {}, {conversion()});
  for (int i = 0; i < 5; ++i) rollout.measure({});
  EXPECT_EQ(rollout.state().hold, Hold::no_data);
  EXPECT_EQ(rollout.state().reason, "the metric conversion has no value");
  EXPECT_EQ(rollout.state().share, 0.1);
  EXPECT_TRUE(rollout.ask(&RolloutFsm::resume));
  rollout.measure({});
  EXPECT_EQ(rollout.state().hold, Hold::step) << "the count begins anew";
}

TEST(Rollout, NobodyMeasuresACanaryWithoutTraffic) {
  Driven rollout({kUntilPromoted, weight(0.1)}, {HookKind::rollback}, {conversion()});
  rollout.after(1h);
  EXPECT_EQ(rollout.queries + rollout.questions_to_end, 0);
}

TEST(Rollout, BakesWithSomeTrafficHeldBack) {
  Driven rollout({weight(1), bake(60s)});
  EXPECT_EQ(rollout.state().phase, Phase::baking);
  EXPECT_EQ(rollout.state().share, 0.95);
  rollout.after(60s);
  EXPECT_EQ(rollout.state().phase, Phase::succeeded);
  EXPECT_EQ(rollout.state().share, 1);
}

TEST(Rollout, ABreachEndsItWhereverItIs) {
  const std::vector<std::vector<StepSpec>> wherever{{weight(0.1), kUntilPromoted},
                                                    {weight(0.1), gate(GateTimeout::go_on)},
                                                    {weight(0.1), until_safe(1h)},
                                                    {weight(0.1), kHook},
                                                    {weight(1), bake(1h)}};
  for (const auto& steps : wherever) {
    Driven rollout(steps);
    rollout.fsm().pause(rollout.now());
    rollout.fsm().breached("7 of 8 errors", true, rollout.now());
    EXPECT_EQ(rollout.state().phase, Phase::aborted);
    EXPECT_EQ(rollout.state().reason, "7 of 8 errors");
    const auto shares = rollout.shares;
    rollout.after(2h, {.safe = true, .any_data = true});
    rollout.hook(true, true);
    EXPECT_EQ(rollout.shares, shares);
    EXPECT_FALSE(rollout.ask(&RolloutFsm::resume));
    EXPECT_FALSE(rollout.promote());
  }
}

TEST(Rollout, ABreachThatRevertsNothingHoldsIt) {
  Driven rollout({weight(0.1), pause_for(10s), weight(0.5)});
  rollout.fsm().breached("both are bad", false, rollout.now());
  rollout.after(1h);
  EXPECT_EQ(rollout.state().hold, Hold::inconclusive);
  EXPECT_EQ(rollout.state().share, 0.1);
}

TEST(Rollout, PausedByHandItsTimerStandsStill) {
  Driven rollout({weight(0.1), pause_for(10s), weight(0.5), kUntilPromoted});
  rollout.after(4s);
  EXPECT_TRUE(rollout.fsm().pause(rollout.now()));
  EXPECT_FALSE(rollout.fsm().pause(rollout.now())) << "it is already";
  rollout.after(1h);
  EXPECT_TRUE(rollout.ask(&RolloutFsm::resume));
  rollout.after(5s);
  EXPECT_EQ(rollout.state().share, 0.1);
  rollout.after(1s);
  EXPECT_EQ(rollout.state().share, 0.5);
}

TEST(Rollout, WeightsThatSomebodyElseSetsHoldItUntilItIsResumed) {
  Driven rollout({weight(0.1), pause_for(10s), weight(0.5)});
  rollout.fsm().weights_changed_by_others(rollout.now());
  rollout.after(1h);
  EXPECT_EQ(rollout.state().hold, Hold::manual);
  EXPECT_TRUE(rollout.ask(&RolloutFsm::resume));
  EXPECT_EQ(rollout.shares, (std::vector<double>{0.1, 0.1})) << "its weight is set anew";
}

TEST(Rollout, ASampleRatioMismatchHoldsIt) {
  Driven rollout({weight(0.1), pause_for(10s), weight(0.5)});
  rollout.after(1s, {.any_data = true, .holds = true});
  EXPECT_EQ(rollout.state().hold, Hold::inconclusive);
}

TEST(Rollout, AbortIsIdempotentAndGoesBackAtOnce) {
  Driven rollout({weight(0.1), kUntilPromoted});
  EXPECT_TRUE(rollout.abort());
  EXPECT_TRUE(rollout.back);
  EXPECT_EQ(rollout.shares, (std::vector<double>{0.1, 0}));
  EXPECT_TRUE(rollout.abort());
  EXPECT_EQ(rollout.shares.size(), 2U);
}

TEST(Rollout, AFullPromotionSkipsTheRest) {
  Driven rollout({weight(0.1), kUntilPromoted, weight(0.5), bake(1h)});
  EXPECT_TRUE(rollout.promote(true));
  EXPECT_EQ(rollout.shares, (std::vector<double>{0.1, 1}));
  EXPECT_EQ(rollout.state().phase, Phase::succeeded);
}

TEST(Rollout, UndoneWhileItBakesOrAfterwards) {
  for (const milliseconds wait : {1s, 60s}) {
    Driven rollout({weight(1), bake(60s)});
    rollout.after(wait);
    EXPECT_TRUE(rollout.ask(&RolloutFsm::undo));
    EXPECT_TRUE(rollout.back);
    EXPECT_EQ(rollout.state().phase, Phase::aborted);
    EXPECT_FALSE(rollout.state().swapped);
  }
  Driven early({weight(0.1), kUntilPromoted});
  EXPECT_FALSE(early.ask(&RolloutFsm::undo)) << "abort is for that";
}

// Item 6: whatever it did when the proxy died.
TEST(Rollout, AfterARestartItWaitsAtTheSameWeight) {
  const std::vector<std::vector<StepSpec>> wherever{
      {weight(0.1), kUntilPromoted}, {weight(0.1), gate(GateTimeout::abort)},
      {weight(0.1), until_safe(1h)}, {weight(0.1), kHook},
      {weight(0.1), pause_for(1h)},  {weight(1), bake(1h)}};
  for (const auto& steps : wherever) {
    const RolloutState before = Driven(steps).state();
    Driven after(before);
    EXPECT_EQ(after.state().hold, Hold::restart);
    EXPECT_EQ(after.state().share, before.share);
    after.after(2h, {.safe = true, .any_data = true});
    EXPECT_TRUE(after.shares.empty());
    EXPECT_TRUE(after.ask(&RolloutFsm::resume));
    EXPECT_EQ(after.shares, std::vector<double>{before.share});
    EXPECT_EQ(after.state().phase, before.phase);
    Driven other(before);
    EXPECT_TRUE(other.abort());
    EXPECT_TRUE(other.back);
  }
}

TEST(Rollout, WhatHasEndedStaysSoAfterARestart) {
  Driven rollout({weight(0.1), kUntilPromoted});
  rollout.abort();
  EXPECT_EQ(Driven(rollout.state()).state(), rollout.state());
}

TEST(Rollout, AWeightThatCannotBeSetHoldsIt) {
  RolloutFsm fsm({.steps = {weight(0.1), weight(0.2)}});
  fsm.begin(kStart);
  fsm.refused("the disk is full", kStart);
  EXPECT_EQ(fsm.state().hold, Hold::inconclusive);
  EXPECT_EQ(fsm.state().reason, "the disk is full");
}

}  // namespace
}  // namespace sluice::rollout
