// Which commands lead to a new generation, what it serves, and when it is answered.
#include "control/control.hpp"

#include <deque>

#include <gtest/gtest.h>

#include "tests/unit/routing/compiled.hpp"

namespace sluice::control {
namespace {

using routing::EndpointName;
using routing::Service;

const EndpointName kFirst{"blue", "10.0.1.1:80"};
const WallTime kNow{std::chrono::hours(500'000)};

// Control with workers and a disk that do what the test says.
class ControlTest : public ::testing::Test {
 protected:
  struct Keeping {
    Record record;
    std::uint64_t lineage;
    Control::Kept kept;
  };

  Control::Sinks sinks() {
    return {.publish =
                [this](auto, auto served) {
                  ++published_;
                  if (served) served();
                },
            .keep =
                [this](Record record, std::uint64_t lineage, Control::Kept kept) {
                  keeping_.push_back({std::move(record), lineage, std::move(kept)});
                },
            .now = [this] { return now_; },
            .log = [this](const std::string& line) { log_.push_back(line); },
            .event =
                [this](const Event& event) {
                  std::string text = std::string(label(event.kind)) + " " + event.subject;
                  for (const auto& [name, value] : event.fields) text += " " + name + "=" + value;
                  events_.push_back(std::move(text));
                }};
  }
  void apply(Weights split = {{"blue", 90}, {"canary", 10}}) {
    const auto in = routing::testing::shop(std::move(split));
    ASSERT_TRUE(control_.apply(in.spec, in.sticky_keys, {}).ok());
  }
  const routing::Upstream& blue() const { return control_.current()->upstreams[0]; }
  std::string served() const { return format_weights(control_.current()->routes[0].spec.split); }
  RouteWeights entry() const { return control_.view()->state.weights.at("shop"); }

  void ask(Change change, std::optional<std::uint64_t> if_generation = {}) {
    control_.request(
        {.change = std::move(change),
         .actor = {"ann", "operator", ""},
         .reason = "why",
         .if_generation = if_generation},
        [this](const auto& done) { answers_.push_back(done ? "done" : done.error().detail); });
  }
  void set(Weights weights, std::optional<std::chrono::milliseconds> revert_after = {}) {
    ask(SetWeights{"shop", std::move(weights), revert_after});
  }
  // The disk is done with the oldest.
  Record keep(std::optional<std::string> failure = {}) {
    Keeping one = std::move(keeping_.front());
    keeping_.pop_front();
    one.kept(std::move(failure));
    return one.record;
  }
  void keep_all() {
    while (!keeping_.empty()) keep();
  }

  unsigned published_ = 0;
  WallTime now_ = kNow;
  std::deque<Keeping> keeping_;
  std::vector<std::string> log_;
  std::vector<std::string> answers_;
  std::vector<std::string> events_;
  Control control_{sinks()};
};

// ---- verdicts and names ----------------------------------------------------------------------

TEST_F(ControlTest, PublishesWhatChangesAnything) {
  apply();
  control_.judged({{kFirst, {.fit = false}}});
  EXPECT_EQ(published_, 2U);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{1}));
  control_.judged({{kFirst, {.fit = false}}});
  EXPECT_EQ(published_, 2U) << "nothing new";
  control_.judged({});
  EXPECT_EQ(published_, 3U);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(ControlTest, AnOperatorsWordStandsBesideTheVerdicts) {
  apply();
  const auto assign = [&](Service service) {
    ask(AssignService{"blue", kFirst.address, service});
    keep_all();
  };
  assign(Service::drain);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{1}));
  EXPECT_TRUE(blue().endpoints[0].available) << "for its sessions";
  control_.judged({{kFirst, {.fit = false}}});
  EXPECT_FALSE(blue().endpoints[0].available);
  control_.judged({{kFirst, {.fit = true, .share = 0.5}}});
  EXPECT_TRUE(blue().endpoints[0].available);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{1})) << "still draining";
  assign(Service::down);
  EXPECT_FALSE(blue().endpoints[0].available);
  assign(Service::active);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{0, 1}));
}

TEST_F(ControlTest, WhatIsKnownBeforeTheFirstConfigurationCounts) {
  control_.judged({{kFirst, {.fit = false}}, {{"blue", "10.0.1.2:80"}, {.fit = false}}});
  EXPECT_EQ(published_, 0U);
  apply();
  EXPECT_TRUE(blue().available.empty());
}

TEST_F(ControlTest, VerdictsSurviveAReload) {
  apply();
  control_.judged({{kFirst, {.fit = false}}});
  apply();
  EXPECT_EQ(published_, 3U);
  EXPECT_EQ(blue().available, (std::vector<std::uint32_t>{1}));
}

// ---- changes ---------------------------------------------------------------------------------

TEST_F(ControlTest, IsServedAndAnsweredOnceItIsKept) {
  apply();
  keep_all();
  set({{"blue", 50}, {"canary", 50}});
  EXPECT_EQ(served(), "blue=90 canary=10") << "not kept yet";
  EXPECT_TRUE(answers_.empty());
  const Record record = keep();
  EXPECT_EQ(served(), "blue=50 canary=50");
  EXPECT_EQ(answers_, std::vector<std::string>{"done"});
  ASSERT_EQ(record.audit.size(), 1U);
  const AuditRow& row = record.audit[0];
  EXPECT_EQ(row.actor.name + " " + row.action + " " + row.target, "ann weights shop");
  EXPECT_EQ(row.before + " -> " + row.after, "blue=90 canary=10 -> blue=50 canary=50");
  EXPECT_EQ(row.reason + ", " + row.result, "why, done");
  EXPECT_EQ(entry().source, WeightSource::api);
}

TEST_F(ControlTest, TheNextIsDecidedUponTheLastThoughItIsNotKept) {
  apply();
  keep_all();
  const std::uint64_t first = entry().generation;
  ask(SetWeights{"shop", {{"blue", 1}}, {}}, first);
  ask(SetWeights{"shop", {{"canary", 1}}, {}}, first);
  EXPECT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(answers_[0].starts_with("the weights are those of generation ")) << answers_[0];
  keep_all();
  EXPECT_EQ(served(), "blue=1 canary=0");
}

TEST_F(ControlTest, WhatCannotBeKeptIsNeverServedNorWhatWasMadeUponIt) {
  apply();
  keep_all();
  set({{"blue", 1}, {"canary", 1}});
  ask(AssignService{"blue", kFirst.address, Service::down});
  keep("disk full");
  EXPECT_EQ(keeping_.front().lineage, 1U) << "which the store refuses";
  keep("one before it failed");
  EXPECT_EQ(answers_, (std::vector<std::string>{"disk full", "one before it failed"}));
  EXPECT_EQ(served(), "blue=90 canary=10");
  EXPECT_TRUE(blue().endpoints[0].available);
  set({{"blue", 2}, {"canary", 1}});
  EXPECT_EQ(keeping_.front().lineage, 2U);
  keep();
  EXPECT_EQ(served(), "blue=2 canary=1");
  EXPECT_TRUE(blue().endpoints[0].available);
}

TEST_F(ControlTest, ARefusalIsInTheAuditAndADryRunIsNot) {
  apply();
  keep_all();
  set({{"green", 1}});
  EXPECT_EQ(answers_.size(), 1U);
  EXPECT_EQ(keep().audit.at(0).result,
            "invalid: the change makes no sense; /weights/green: 'green' is not in the split of "
            "route 'shop'");
  std::string would;
  control_.request(
      {.change = SetWeights{"shop", {{"canary", 1}}, {}},
       .actor = {},
       .reason = "",
       .dry_run = true},
      [&](const auto& done) { would = format_weights(done->weights.at("shop").weights); });
  EXPECT_EQ(would, "blue=0 canary=1");
  EXPECT_TRUE(keeping_.empty());
  EXPECT_EQ(served(), "blue=90 canary=10");
}

// ---- reversions --------------------------------------------------------------------------------

const Actor kGuard{"guard", "", ""};

TEST_F(ControlTest, AReversionIsServedBeforeItIsKept) {
  apply();
  keep_all();
  EXPECT_TRUE(control_.revert({"shop", {{"blue", 100}, {"canary", 0}}, {"canary"}}, kGuard, "bad"));
  EXPECT_EQ(served(), "blue=100 canary=0");
  EXPECT_EQ(entry().source, WeightSource::revert);
  EXPECT_EQ(control_.current()->routes[0].arms[1].epoch, 1U) << "its sessions are placed anew";
  const Record record = keep("disk full");
  EXPECT_EQ(record.audit.at(0).reason, "bad");
  EXPECT_EQ(served(), "blue=100 canary=0") << "whatever the disk says";
  EXPECT_FALSE(control_.revert({"none", {}, {}}, kGuard, "bad"));
}

TEST_F(ControlTest, AReversionVoidsWhatIsOnItsWayToTheDisk) {
  apply();
  keep_all();
  set({{"blue", 1}, {"canary", 1}});
  control_.revert({"shop", {{"blue", 100}, {"canary", 0}}, {"canary"}}, kGuard, "bad");
  keep_all();
  EXPECT_EQ(served(), "blue=100 canary=0");
  ASSERT_EQ(answers_.size(), 1U);
  EXPECT_TRUE(answers_[0].starts_with("something that goes first")) << answers_[0];
}

TEST_F(ControlTest, WhatAReversionTookDoesNotComeBackWithTime) {
  apply({{"blue", 100}, {"canary", 0}});
  keep_all();
  ask(SetWeights{"shop", {{"blue", 50}, {"canary", 50}}, std::chrono::seconds(10)});
  keep_all();
  control_.revert({"shop", {{"blue", 100}, {"canary", 0}}, {"canary"}}, kGuard, "bad");
  keep_all();
  EXPECT_FALSE(control_.next_return());
}

// A rollout's baseline holds until the file says something else about the split.
TEST_F(ControlTest, ARolloutNamesTheBaseline) {
  apply();
  keep_all();
  ask(Advance{.route = "shop",
              .rollout = {.spec = {.route = "shop", .stable = "blue", .canary = "canary"}},
              .weights = {{"blue", 1}, {"canary", 1}},
              .baseline = "canary"});
  keep_all();
  EXPECT_EQ(served(), "blue=1 canary=1");
  EXPECT_EQ(entry().source, WeightSource::rollout);
  ASSERT_TRUE(control_.current()->routes[0].watch);
  EXPECT_EQ(control_.current()->routes[0].watch->baseline_arm, 1U);
  apply({{"blue", 5}, {"canary", 5}});
  EXPECT_FALSE(control_.current()->routes[0].watch);
}

// What a reload has changed is not lost because it could not be kept at the time.
TEST_F(ControlTest, TheNextRecordHasWhatCouldNotBeKept) {
  apply();
  keep("disk full");
  EXPECT_EQ(log_.size(), 1U);
  ask(AssignService{"blue", kFirst.address, Service::drain});
  const Record record = keep();
  EXPECT_EQ(record.weights.size(), 1U);
  EXPECT_EQ(record.services.size(), 1U);
  EXPECT_EQ(answers_, std::vector<std::string>{"done"});
}

// ---- the file and what was set ----------------------------------------------------------------

TEST_F(ControlTest, WeightsOutliveAReloadUnlessTheFileChangedThem) {
  apply();
  set({{"blue", 70}, {"canary", 30}});
  keep_all();
  const std::uint64_t generation = entry().generation;
  apply();
  EXPECT_EQ(served(), "blue=70 canary=30");
  EXPECT_EQ(entry().generation, generation);
  EXPECT_TRUE(log_.empty());
  apply({{"blue", 80}, {"canary", 20}});
  EXPECT_EQ(served(), "blue=80 canary=20");
  EXPECT_EQ(entry().source, WeightSource::config);
  EXPECT_GT(entry().generation, generation);
  EXPECT_EQ(log_, std::vector<std::string>{"weights of route shop: the file changed, so it wins: "
                                           "blue=80 canary=20 instead of blue=70 canary=30"});
}

TEST_F(ControlTest, AnotherOrderInTheFileIsNoChange) {
  apply();
  set({{"blue", 70}, {"canary", 30}});
  keep_all();
  apply({{"canary", 10}, {"blue", 90}});
  EXPECT_EQ(served(), "canary=30 blue=70");
  EXPECT_TRUE(log_.empty());
}

TEST_F(ControlTest, AChangeThatIsKeptAfterTheFileChangedIsVoid) {
  apply();
  keep_all();
  set({{"blue", 70}, {"canary", 30}});
  apply({{"blue", 80}, {"canary", 20}});
  keep_all();
  EXPECT_EQ(served(), "blue=80 canary=20");
  EXPECT_EQ(entry().configured, (Weights{{"blue", 80}, {"canary", 20}}));
}

TEST_F(ControlTest, ANewProcessGoesOnFromWhatWasKept) {
  apply();
  set({{"blue", 70}, {"canary", 30}});
  ask(AssignService{"blue", kFirst.address, Service::drain});
  keep_all();
  const State kept = control_.view()->state;
  Control next(sinks(), kept);
  const auto in = routing::testing::shop({{"blue", 90}, {"canary", 10}});
  ASSERT_TRUE(next.apply(in.spec, {}, {}).ok());
  EXPECT_EQ(format_weights(next.current()->routes[0].spec.split), "blue=70 canary=30");
  EXPECT_FALSE(next.current()->upstreams[0].endpoints[0].in_service);
  EXPECT_EQ(next.view()->state.weights, kept.weights) << "with their generations";
  EXPECT_GT(next.current()->generation, kept.generation);
  EXPECT_EQ(next.view()->state.sticky_keys.size(), 1U) << "made, as the file has none";
  EXPECT_EQ(keeping_.back().record.sticky_keys, next.view()->state.sticky_keys);
}

// ---- for a while ------------------------------------------------------------------------------

TEST_F(ControlTest, AChangeForAWhileEnds) {
  apply();
  set({{"blue", 70}, {"canary", 30}}, std::chrono::minutes(15));
  keep_all();
  EXPECT_EQ(control_.next_return(), kNow + std::chrono::minutes(15));
  now_ = kNow + std::chrono::minutes(15) - std::chrono::milliseconds(1);
  control_.return_what_is_due();
  EXPECT_TRUE(keeping_.empty());
  now_ += std::chrono::milliseconds(1);
  control_.return_what_is_due();
  EXPECT_EQ(served(), "blue=90 canary=10") << "whatever the disk says";
  EXPECT_EQ(keep("disk full").audit.at(0).reason, "its time is up");
  EXPECT_EQ(served(), "blue=90 canary=10");
  EXPECT_EQ(entry().source, WeightSource::config);
  EXPECT_EQ(control_.next_return(), std::nullopt);
}

TEST_F(ControlTest, WhoProlongsItInTheLastMomentIsNotOverruled) {
  apply();
  set({{"blue", 70}, {"canary", 30}}, std::chrono::minutes(15));
  keep_all();
  set({{"blue", 60}, {"canary", 40}}, std::chrono::minutes(30));
  now_ += std::chrono::minutes(15);
  control_.return_what_is_due();
  keep_all();
  EXPECT_EQ(served(), "blue=60 canary=40");
  EXPECT_EQ(control_.next_return(), kNow + std::chrono::minutes(30));
}

TEST_F(ControlTest, OneOnTopOfAnotherEndsWithWhatWasBeforeBoth) {
  apply();
  set({{"blue", 70}, {"canary", 30}}, std::chrono::minutes(15));
  set({{"blue", 60}, {"canary", 40}}, std::chrono::minutes(5));
  keep_all();
  EXPECT_EQ(control_.next_return(), kNow + std::chrono::minutes(5));
  now_ += std::chrono::minutes(5);
  control_.return_what_is_due();
  keep_all();
  EXPECT_EQ(served(), "blue=90 canary=10");
  set({{"blue", 60}, {"canary", 40}}, std::chrono::minutes(5));
  set({{"blue", 50}, {"canary", 50}});
  keep_all();
  EXPECT_EQ(control_.next_return(), std::nullopt) << "confirmed";
}

// ---- events ----------------------------------------------------------------------------------

TEST_F(ControlTest, TellsWhatIsServedAndNothingElse) {
  apply();
  set({{"blue", 1}}, std::chrono::minutes(1));
  EXPECT_TRUE(events_.empty()) << "it is not kept yet";
  keep_all();
  ask(Switch{.route = "shop", .to = "canary"});
  ask(AssignService{"blue", kFirst.address, Service::drain});
  keep_all();
  set({{"green", 1}});
  set({{"blue", 7}});
  while (!keeping_.empty()) keep("disk full");
  apply({{"blue", 80}, {"canary", 20}});
  EXPECT_EQ(events_, (std::vector<std::string>{
                         "weights shop before=blue=90 canary=10 after=blue=1 canary=0 actor=ann "
                         "reason=why",
                         "switch shop before=blue=1 canary=0 after=blue=0 canary=1 actor=ann "
                         "reason=why",
                         "endpoint blue 10.0.1.1:80 before=active after=drain actor=ann reason=why",
                         "weights shop before=blue=0 canary=1 after=blue=80 canary=20 "
                         "actor=sluice reason=the configured weights changed"}));
}

TEST_F(ControlTest, TellsTheEndOfATime) {
  apply();
  set({{"blue", 1}}, std::chrono::minutes(1));
  keep_all();
  now_ += std::chrono::minutes(1);
  control_.return_what_is_due();
  EXPECT_EQ(events_.back(),
            "weights shop before=blue=1 canary=0 after=blue=90 canary=10 actor=sluice reason=its "
            "time is up");
}

}  // namespace
}  // namespace sluice::control
