#include "control/rollouts.hpp"

#include <gtest/gtest.h>

#include "control/rollout_text.hpp"
#include "rollout/canary_share.hpp"

namespace sluice::control {
namespace {

using namespace std::chrono_literals;
using rollout::Hold;
using rollout::Phase;
using rollout::StepKind;
using rollout::StepSpec;

StepSpec weight(double share) {
  return {.kind = StepKind::set_weight, .share = share};
}
const StepSpec kUntilPromoted{.kind = StepKind::pause};

// Rollouts before a control that grants every wish as soon as it is let.
class RolloutsTest : public ::testing::Test {
 protected:
  RolloutsTest() : rollouts_(sinks()) {
    rollouts_.configure({{.route = "shop",
                          .stable = "blue",
                          .canary = "canary",
                          .steps = {weight(0.1), kUntilPromoted, weight(0.5), kUntilPromoted}}});
  }

  Rollouts::Sinks sinks() {
    Rollouts::Sinks sinks;
    sinks.request = [this](Request request, Control::Reply reply) {
      waiting_.emplace_back(std::move(request), std::move(reply));
    };
    sinks.revert = [this](const Revert& revert, const Actor&, const std::string&) {
      weights_ = revert.weights;
      reverts_.push_back(revert);
      return true;
    };
    sinks.weights = [this](const std::string& route) {
      return route == "shop" ? weights_ : Weights();
    };
    sinks.baseline = [this](const std::string&) { return baseline_; };
    sinks.safety = [](const std::string&, const std::string&) { return rollout::Safety{}; };
    sinks.webhook = [](const auto&, const auto&, auto) {};
    sinks.measure = [](const auto&, auto) {};
    sinks.now = [this] { return now_; };
    return sinks;
  }

  // Everything that was asked for is kept and served.
  void grant() {
    while (!waiting_.empty()) {
      auto [request, reply] = std::move(waiting_.front());
      waiting_.erase(waiting_.begin());
      const auto& change = std::get<Advance>(request.change);
      if (!change.weights.empty()) weights_ = change.weights;
      kept_[change.route] = change.rollout;
      baseline_ = change.baseline;
      reply(State{});
    }
  }
  void refuse() {
    auto [request, reply] = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    reply(Failure{Refusal{RefusalKind::unavailable, "the disk is full", {}}});
  }

  // Whether it was granted.
  bool ask(RolloutCommand command, bool full = false) {
    bool good = false;
    rollouts_.request({.command = command, .route = "shop", .full = full},
                      [&](const auto& done) { good = done.ok(); });
    return good;
  }
  rollout::RolloutState state() const { return rollouts_.status("shop")->state; }

  std::chrono::steady_clock::time_point now_{1h};
  Weights weights_{{"blue", 100}, {"canary", 0}};
  std::vector<std::pair<Request, Control::Reply>> waiting_;
  std::map<std::string, rollout::RolloutState> kept_;
  std::string baseline_;
  std::vector<Revert> reverts_;
  Rollouts rollouts_;
};

TEST_F(RolloutsTest, KeepsWhatItDoesWithTheWeightsThatItAsksFor) {
  EXPECT_TRUE(ask(RolloutCommand::start));
  EXPECT_EQ(waiting_.size(), 1U);
  grant();
  EXPECT_EQ(weights_, (Weights{{"blue", 9}, {"canary", 1}}));
  EXPECT_EQ(kept_["shop"], state());
  EXPECT_EQ(state().hold, Hold::step);
  EXPECT_EQ(baseline_, "blue");
}

TEST_F(RolloutsTest, GoesToTheEndAndSwapsTheRoles) {
  ask(RolloutCommand::start);
  grant();
  EXPECT_TRUE(ask(RolloutCommand::promote));
  grant();
  EXPECT_TRUE(ask(RolloutCommand::promote));
  grant();
  EXPECT_EQ(state().phase, Phase::succeeded);
  EXPECT_EQ(weights_, (Weights{{"blue", 0}, {"canary", 100}}));
  EXPECT_EQ(baseline_, "canary");
  EXPECT_TRUE(ask(RolloutCommand::start)) << "the way back, with the roles swapped";
  grant();
  EXPECT_EQ(weights_, (Weights{{"blue", 1}, {"canary", 9}}));
}

// The roles are those of the last word on them, not of the last rollout.
TEST_F(RolloutsTest, AnAbortedWayBackLeavesTheRolesSwapped) {
  ask(RolloutCommand::start);
  grant();
  ask(RolloutCommand::promote, true);
  grant();
  ask(RolloutCommand::start);
  grant();
  ask(RolloutCommand::abort);
  grant();
  EXPECT_EQ(weights_, (Weights{{"blue", 0}, {"canary", 100}}));
  EXPECT_TRUE(ask(RolloutCommand::start));
  grant();
  EXPECT_EQ(weights_, (Weights{{"blue", 1}, {"canary", 9}}));
  ask(RolloutCommand::abort);
  grant();
  baseline_.clear();  // the file has said something else
  EXPECT_TRUE(ask(RolloutCommand::start));
  grant();
  EXPECT_EQ(weights_, (Weights{{"blue", 9}, {"canary", 1}}));
}

TEST_F(RolloutsTest, ALateAnswerOfAWebhookConfirmsNothing) {
  std::vector<Rollouts::Confirmed> calls;
  auto doors = sinks();
  doors.webhook = [&](const auto&, const auto&, auto done) { calls.push_back(std::move(done)); };
  Rollouts rollouts(doors);
  const StepSpec hook{.kind = StepKind::webhook, .name = "a", .url = "http://a/"};
  rollouts.configure({{.route = "shop",
                       .stable = "blue",
                       .canary = "canary",
                       .steps = {hook, hook, weight(0.5), kUntilPromoted}}});
  const auto say = [&](RolloutCommand command) {
    rollouts.request({.command = command, .route = "shop"}, [](const auto&) {});
  };
  say(RolloutCommand::start);
  say(RolloutCommand::promote);
  ASSERT_EQ(calls.size(), 2U);
  calls[0](true, true, "200");
  EXPECT_EQ(rollouts.status("shop")->state.step, 1U);
  calls[1](true, true, "200");
  EXPECT_EQ(rollouts.status("shop")->state.step, 2U);
}

TEST_F(RolloutsTest, TellsItsHooksAndCountsWhatTheySay) {
  std::vector<std::string> told;
  auto doors = sinks();
  doors.webhook = [&](const auto& call, const rollout::RolloutState& state, const auto& done) {
    told.push_back(call.type + " " + std::string(label(state.phase)));
    done(false, false, "connection refused");
  };
  Rollouts rollouts(doors);
  rollouts.configure({{.route = "shop",
                       .stable = "blue",
                       .canary = "canary",
                       .steps = {weight(0.1), kUntilPromoted},
                       .hooks = {{.kind = rollout::HookKind::event, .url = "http://a/"},
                                 {.kind = rollout::HookKind::post_rollout, .url = "http://b/"}}}});
  rollouts.request({.command = RolloutCommand::start, .route = "shop"}, [](const auto&) {});
  rollouts.request({.command = RolloutCommand::abort, .route = "shop"}, [](const auto&) {});
  EXPECT_EQ(told, (std::vector<std::string>{"event progressing", "event aborted",
                                            "post_rollout aborted"}));
  EXPECT_EQ(rollouts.counts().hooks(),
            (RolloutCounts::Counts{{{"shop", "event", "error"}, 2},
                                   {{"shop", "post_rollout", "error"}, 1}}));
}

TEST_F(RolloutsTest, AMetricFromOutsideMayEndIt) {
  const rollout::MetricSpec metric{.name = "conversion", .success = "result >= 0.95"};
  std::vector<Rollouts::Measured> asked;
  auto doors = sinks();
  doors.measure = [&](const auto&, auto done) { asked.push_back(std::move(done)); };
  Rollouts rollouts(doors);
  rollout::RolloutSpec spec{.route = "shop",
                            .stable = "blue",
                            .canary = "canary",
                            .steps = {weight(0.1), kUntilPromoted},
                            .external = {metric}};
  rollouts.configure({spec});
  rollouts.request({.command = RolloutCommand::start, .route = "shop"}, [](const auto&) {});
  rollouts.tick();
  ASSERT_EQ(asked.size(), 1U);
  asked[0]({.value = 0.97});
  EXPECT_EQ(rollouts.status("shop")->metrics.at(0).value(), 0.97);
  now_ += 60s;
  rollouts.tick();
  ASSERT_EQ(asked.size(), 2U);
  EXPECT_TRUE(rollouts.is_running());
  asked[1]({.value = 0.5});
  EXPECT_EQ(rollouts.status("shop")->state.phase, Phase::aborted);
  EXPECT_EQ(reverts_.size(), 1U);
  EXPECT_EQ(rollouts.counts().measurements(),
            (RolloutCounts::Counts{{{"shop", "conversion", "success"}, 1},
                                   {{"shop", "conversion", "failure"}, 1}}));
  // In the next rollout the file wants something else before the answer comes.
  rollouts.request({.command = RolloutCommand::start, .route = "shop"}, [](const auto&) {});
  now_ += 60s;
  rollouts.tick();
  ASSERT_EQ(asked.size(), 3U);
  spec.external[0].success = "result >= 0.4";
  rollouts.configure({spec});
  asked[2]({.value = 0.5});
  asked[0]({.value = 0.1});  // of the one before
  EXPECT_TRUE(rollouts.is_running());
}

TEST_F(RolloutsTest, EndsWithItsRoute) {
  ask(RolloutCommand::start);
  weights_.clear();  // the file has no such route any more
  rollouts_.configure({});
  EXPECT_FALSE(rollouts_.status("shop").has_value());
  EXPECT_FALSE(rollouts_.is_running());
  grant();  // what was on its way finds nobody
}

TEST_F(RolloutsTest, ResumesByItselfWhatTheFileStillHas) {
  rollout::RolloutState kept;
  kept.spec = {.route = "shop",
               .stable = "blue",
               .canary = "canary",
               .steps = {weight(0.1), weight(0.5)},
               .resumes = true};
  kept.share = 0.1;
  Rollouts known(sinks());
  known.configure({kept.spec});
  known.restore({{"shop", kept}});
  EXPECT_EQ(known.status("shop")->state.hold, Hold::none) << "resume: auto";
  Rollouts unknown(sinks());
  unknown.restore({{"shop", kept}});
  EXPECT_EQ(unknown.status("shop")->state.hold, Hold::restart);
}

TEST_F(RolloutsTest, EndsWhenOneOfItsUpstreamsLeavesTheSplit) {
  ask(RolloutCommand::start);
  grant();
  weights_ = {{"blue2", 90}, {"canary", 10}};
  rollouts_.configure({});
  EXPECT_FALSE(rollouts_.is_running());
}

TEST_F(RolloutsTest, ASecondOneWaitsForTheFirst) {
  EXPECT_TRUE(ask(RolloutCommand::start));
  EXPECT_FALSE(ask(RolloutCommand::start));
}

TEST_F(RolloutsTest, AbortsBeforeAnythingIsKept) {
  ask(RolloutCommand::start);
  EXPECT_TRUE(ask(RolloutCommand::abort));
  ASSERT_EQ(reverts_.size(), 1U);
  EXPECT_EQ(reverts_[0].disowned, std::vector<std::string>{"canary"});
  grant();  // the weights that had been asked for come too late
  EXPECT_EQ(state().phase, Phase::aborted);
}

TEST_F(RolloutsTest, ABreachEndsIt) {
  ask(RolloutCommand::start);
  grant();
  rollouts_.breached(
      {.route = "shop", .upstream = "canary", .action = "revert", .sentence = "bad"});
  grant();
  EXPECT_EQ(kept_["shop"].phase, Phase::aborted);
  EXPECT_EQ(kept_["shop"].reason, "bad");
}

TEST_F(RolloutsTest, WeightsOfSomebodyElseHoldIt) {
  ask(RolloutCommand::start);
  grant();
  rollouts_.weights_changed("shop", WeightSource::rollout);
  rollouts_.tick();
  EXPECT_EQ(state().hold, Hold::step);
  rollouts_.weights_changed("shop", WeightSource::api);
  rollouts_.tick();
  EXPECT_EQ(state().hold, Hold::manual);
}

TEST_F(RolloutsTest, WhatCannotBeKeptHoldsIt) {
  ask(RolloutCommand::start);
  refuse();
  EXPECT_EQ(state().hold, Hold::inconclusive);
  EXPECT_EQ(state().reason, "the disk is full");
  EXPECT_EQ(weights_, (Weights{{"blue", 100}, {"canary", 0}}));
}

TEST_F(RolloutsTest, IsRestoredAndWaits) {
  ask(RolloutCommand::start);
  grant();
  Rollouts next(sinks());
  next.restore(kept_);
  EXPECT_EQ(next.status("shop")->state.hold, Hold::restart);
  EXPECT_EQ(next.status("shop")->state.share, 0.1);
}

TEST_F(RolloutsTest, KnowsOnlyWhatIsConfigured) {
  RefusalKind kind = RefusalKind::invalid;
  rollouts_.request({.command = RolloutCommand::start, .route = "other"},
                    [&](const auto& done) { kind = done.error().kind; });
  EXPECT_EQ(kind, RefusalKind::not_found);
  EXPECT_FALSE(ask(RolloutCommand::pause));
  EXPECT_FALSE(rollouts_.status("shop").has_value());
}

// ---- steps as text -----------------------------------------------------------------------------

TEST(RolloutText, GoesThereAndBack) {
  const std::vector<StepSpec> steps{
      weight(0.015),
      kUntilPromoted,
      {.kind = StepKind::pause, .time = 60s},
      {.kind = StepKind::pause, .time = 5min, .until_safe = true},
      {.kind = StepKind::gate, .time = 24h, .name = "boss"},
      {.kind = StepKind::gate, .on_timeout = rollout::GateTimeout::go_on, .name = "b"},
      {.kind = StepKind::webhook, .time = 10s, .name = "event", .url = "http://a:1/b?c=d"},
      {.kind = StepKind::bake, .share = 0.05, .time = 10min}};
  const std::string text = format_steps(steps);
  EXPECT_EQ(parse_steps(text), steps) << text;
}

TEST(RolloutText, RefusesWhatItDidNotWrite) {
  for (const char* const text : {"set_weight 0.1", "set_weight 2\n", "fly 1\n", "bake x 0.1\n",
                                 "pause -1\n", "set_weight 0.1 more\n", "gate 1x abort a\n"})
    EXPECT_EQ(parse_steps(text), std::nullopt) << text;
}

TEST(CanaryShare, IsExactInSmallNumbers) {
  struct Case {
    const char* name;
    Weights weights;
    double share;
    Weights out;
  };
  const Case cases[] = {
      {"a tenth", {{"blue", 100}, {"canary", 0}}, 0.1, {{"blue", 9}, {"canary", 1}}},
      {"nothing", {{"blue", 9}, {"canary", 1}}, 0, {{"blue", 100}, {"canary", 0}}},
      {"all", {{"blue", 9}, {"canary", 1}}, 1, {{"blue", 0}, {"canary", 100}}},
      {"a hundredth of a per cent",
       {{"blue", 1}, {"canary", 1}},
       0.0001,
       {{"blue", 9999}, {"canary", 1}}},
      {"another keeps its half",
       {{"blue", 50}, {"canary", 0}, {"green", 50}},
       0.2,
       {{"blue", 4}, {"canary", 1}, {"green", 5}}},
      {"from nothing", {{"blue", 0}, {"canary", 0}}, 0.5, {{"blue", 1}, {"canary", 1}}}};
  for (const auto& [name, weights, share, out] : cases)
    EXPECT_EQ(rollout::with_share(weights, "blue", "canary", share), out) << name;
}

}  // namespace
}  // namespace sluice::control
