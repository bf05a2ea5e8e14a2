// Every change and every reason to refuse it, as a table.
#include "control/change.hpp"

#include <gtest/gtest.h>

#include "tests/unit/routing/compiled.hpp"

namespace sluice::control {
namespace {

using routing::Service;

const WallTime kNow{std::chrono::hours(500'000)};

State shop() {
  State state;
  const Weights split{{"blue", 90}, {"green", 0}, {"canary", 10}};
  state.weights["shop"] = {.weights = split, .configured = split, .generation = 7};
  return state;
}

// "blue=1 ..." or the refusal in one line.
std::string after(const Change& change, std::optional<std::uint64_t> if_generation = {},
                  const std::string& down = "") {
  auto in = routing::testing::shop({{"blue", 90}, {"green", 0}, {"canary", 10}});
  if (!down.empty()) routing::testing::take_down(in, down);
  const auto snapshot = routing::testing::compiled(in);
  const State before = shop();
  auto done = changed(before, change, {*snapshot, kNow, 42}, if_generation);
  if (done) {
    EXPECT_EQ(done->generation, 42U);
    return describe_target(*done, change, *snapshot);
  }
  std::string out = std::to_string(static_cast<int>(done.error().kind)) + " " + done.error().detail;
  for (const Fault& fault : done.error().faults) out += "; " + fault.pointer + " " + fault.detail;
  return out;
}

constexpr std::uint32_t kTooLarge = 0x80000000U;

TEST(Change, DoesWhatItSaysOrSaysWhyNot) {
  const struct {
    const char* name;
    Change change;
    std::optional<std::uint64_t> if_generation;
    std::string down;
    std::string after;
  } cases[] = {
      {"all",
       SetWeights{"shop", {{"canary", 1}, {"blue", 2}, {"green", 3}}, {}},
       {},
       "",
       "blue=2 green=3 canary=1"},
      {"some", SetWeights{"shop", {{"green", 3}}, {}}, {}, "", "blue=0 green=3 canary=0"},
      {"no route", SetWeights{"shoe", {{"green", 3}}, {}}, {}, "", "0 there is no route 'shoe'"},
      {"fresh", SetWeights{"shop", {{"green", 3}}, {}}, 7, "", "blue=0 green=3 canary=0"},
      {"stale", SetWeights{"shop", {{"green", 3}}, {}}, 6, "",
       "1 the weights are those of generation 7, not 6"},
      {"stale before wrong", SetWeights{"shop", {}, {}}, 6, "",
       "1 the weights are those of generation 7, not 6"},
      {"nothing",
       SetWeights{"shop", {}, {}},
       {},
       "",
       "2 the change makes no sense; /weights at least one must be over 0"},
      {"zero",
       SetWeights{"shop", {{"blue", 0}}, {}},
       {},
       "",
       "2 the change makes no sense; /weights at least one must be over 0"},
      {"twice",
       SetWeights{"shop", {{"blue", 1}, {"blue", 2}}, {}},
       {},
       "",
       "2 the change makes no sense; /weights/blue twice"},
      {"stranger",
       SetWeights{"shop", {{"blue", 1}, {"red", 2}}, {}},
       {},
       "",
       "2 the change makes no sense; /weights/red 'red' is not in the split of route 'shop'"},
      {"too large",
       SetWeights{"shop", {{"blue", kTooLarge}, {"green", 1}}, {}},
       {},
       "",
       "2 the change makes no sense; /weights/blue too large: at most 2147483647"},
      {"switch", Switch{"shop", "green"}, {}, "", "blue=0 green=100 canary=0"},
      {"switch, stale", Switch{"shop", "green"}, 8, "",
       "1 the weights are those of generation 7, not 8"},
      {"switch to a stranger",
       Switch{"shop", "red"},
       {},
       "",
       "2 the change makes no sense; /to 'red' is not in the split of route 'shop'"},
      {"switch to the dead",
       Switch{"shop", "green"},
       {},
       "green",
       "3 upstream 'green' has no healthy endpoint"},
      {"by force", Switch{"shop", "green", true}, {}, "green", "blue=0 green=100 canary=0"},
      {"no return", Return{"shop"}, {}, "", "3 the weights are there to stay"},
      {"drain", AssignService{"blue", "10.0.1.1:80", Service::drain}, {}, "", "drain"},
      {"down", AssignService{"blue", "10.0.1.1:80", Service::down}, {}, "", "down"},
      {"active", AssignService{"blue", "10.0.1.1:80", Service::active}, {}, "", "active"},
      {"no upstream",
       AssignService{"red", "10.0.1.1:80", Service::down},
       {},
       "",
       "0 there is no upstream 'red'"},
      {"no endpoint",
       AssignService{"blue", "10.0.1.9:80", Service::down},
       {},
       "",
       "0 upstream 'blue' has no endpoint '10.0.1.9:80'"},
  };
  for (const auto& it : cases)
    EXPECT_EQ(after(it.change, it.if_generation, it.down), it.after) << it.name;
}

TEST(WeightsText, IsReadAsItWasWritten) {
  for (const Weights& weights :
       {Weights{}, Weights{{"blue", 0}}, Weights{{"a.b-c_d", 2147483647}, {"green", 1}}})
    EXPECT_EQ(parse_weights(format_weights(weights)), weights);
  for (const char* text : {"blue", "=1", "blue=", "blue=x", "blue=-1", "blue=1  green=2", " blue=1",
                           "blue=01", "blue=2147483648"})
    EXPECT_EQ(parse_weights(text), std::nullopt) << text;
}

TEST(Reconcile, KeepsWhatStaysAndForgetsWhatIsGone) {
  auto spec = routing::testing::shop({{"blue", 90}, {"canary", 10}}).spec;
  State state;
  EXPECT_TRUE(reconcile(state, spec, 5).empty());
  EXPECT_EQ(state.weights.at("shop").generation, 5U);
  state.services[{"blue", "10.0.1.1:80"}] = Service::drain;
  state.services[{"gone", "10.0.1.1:80"}] = Service::drain;
  state.weights["gone"] = state.weights.at("shop");
  EXPECT_TRUE(reconcile(state, spec, 6).empty());
  EXPECT_EQ(state.weights.size(), 1U);
  EXPECT_EQ(state.services.size(), 1U);
  EXPECT_EQ(state.weights.at("shop").generation, 5U) << "unchanged";
}

// Else the next start would find a baseline that is in no split, and refuse.
TEST(Reconcile, ForgetsARolloutWhoseVersionsAreGone) {
  State state;
  reconcile(state, routing::testing::shop({{"blue", 90}, {"canary", 10}}).spec, 5);
  state.baselines["shop"] = "blue";
  state.rollouts["shop"].spec = {.route = "shop", .stable = "blue", .canary = "canary"};
  State kept = state;
  reconcile(kept, routing::testing::shop({{"canary", 10}, {"blue", 90}}).spec, 6);
  EXPECT_EQ(kept.rollouts.size(), 1U);
  const auto without = routing::testing::shop({{"green", 90}, {"canary", 10}}).spec;
  State poisoned = state;
  reconcile(state, without, 6);
  EXPECT_TRUE(state.rollouts.empty());
  EXPECT_TRUE(state.baselines.empty());
  poisoned.weights["shop"] = state.weights.at("shop");  // an earlier version has written that
  const auto healed = with_weights(without, poisoned);
  EXPECT_NE(healed.routes.at(0).guard.value_or(routing::GuardSpec{}).baseline, "blue");
}

}  // namespace
}  // namespace sluice::control
