#include "routing/decide.hpp"

#include <map>

#include "tests/unit/routing/client.hpp"

namespace sluice::routing {
namespace {

using testing::Client;
using testing::compiled;
using testing::kNow;
using testing::shop;
using testing::sticky_shop;
using testing::take_down;

// ---- the weights -------------------------------------------------------------------------------

TEST(Decide, NoRouteMatches) {
  CompileInput in = shop({{"blue", 1}});
  in.spec.routes[0].match.hosts = {"other.example"};
  EXPECT_EQ(Client(in).ask().failure, DecisionFailure::no_route);
}

TEST(Decide, TheFirstRouteThatMatchesWins) {
  CompileInput in = shop({{"blue", 1}});
  RouteSpec cart = in.spec.routes[0];
  cart.name = "cart";
  cart.match.path = StringMatch{StringMatchKind::prefix, "/cart"};
  in.spec.routes.insert(in.spec.routes.begin(), cart);
  EXPECT_EQ(Client(in).ask().route->name, "cart");
}

// Weights are of upstreams: how many endpoints stand behind one does not count. A rival sent
// everything to the one with fewer endpoints.
TEST(Decide, EightyTwentyOverNineAndTwoEndpoints) {
  CompileInput in = shop({{"blue", 80}, {"green", 20}});
  in.spec.upstreams[0].endpoints.clear();
  in.spec.upstreams[1].endpoints.clear();
  for (int i = 1; i <= 9; ++i) {
    in.spec.upstreams[0].endpoints.push_back({"10.0.1." + std::to_string(i) + ":80", 1});
  }
  for (int i = 1; i <= 2; ++i) {
    in.spec.upstreams[1].endpoints.push_back({"10.0.2." + std::to_string(i) + ":80", 1});
  }
  auto counts = Client(in).count(10'000);
  EXPECT_NEAR(counts["blue"], 8'000, 160);
  EXPECT_NEAR(counts["green"], 2'000, 160);
}

TEST(Decide, WeightZeroGetsNoNewSession) {
  auto counts = Client(shop({{"blue", 1}, {"green", 0}})).count(5'000);
  EXPECT_EQ(counts["blue"], 5'000);
}

TEST(Decide, AllWeightsZeroIsNobody) {
  const Decision decision = Client(shop({{"blue", 0}, {"green", 0}})).ask();
  EXPECT_EQ(decision.failure, DecisionFailure::no_endpoint);
  EXPECT_EQ(decision.upstream, nullptr);
}

TEST(Decide, SaysWithWhichProbabilityItPlaced) {
  Client client(shop({{"blue", 90}, {"canary", 10}}));
  for (int i = 0; i < 50; ++i) {
    const Decision decision = client.ask();
    const double expected = decision.upstream->name == "blue" ? 0.9 : 0.1;
    EXPECT_NEAR(probability(decision.placement), expected, 1e-9);
    EXPECT_EQ(decision.reason, Reason::weight);
    EXPECT_FALSE(decision.set_cookie);
  }
}

// ---- unavailable upstreams ---------------------------------------------------------------------

TEST(WhenUnavailable, RedistributesInProportion) {
  CompileInput in = shop({{"blue", 50}, {"green", 40}, {"canary", 10}});
  take_down(in, "blue");
  auto counts = Client(in).count(10'000);
  EXPECT_EQ(counts.count("blue"), 0U);
  EXPECT_NEAR(counts["green"], 8'000, 160);
}

// 1 % with limits takes 20 times its share at most; the rest is refused, by chance and by key.
TEST(WhenUnavailable, RedistributionDoesNotDrownASmallUpstream) {
  for (const bool keyed : {false, true}) {
    CompileInput in = shop({{"blue", 99}, {"canary", 1}});
    in.spec.upstreams[2].limits.emplace();
    if (keyed)
      in.spec.routes[0].sticky = StickySpec{.key = {KeySource::header, "x-user"}, .cookie = {}};
    take_down(in, "blue");
    Client client(in);
    int refused = 0;
    for (int i = 0; i < 5'000; ++i) {
      const Decision decision = client.ask({{"x-user", std::to_string(i)}});
      if (decision.failure == DecisionFailure::no_endpoint) ++refused;
    }
    EXPECT_NEAR(refused, 4'000, 120) << keyed;
  }
}

TEST(WhenUnavailable, FailFailsTheShareOfTheOneThatIsDown) {
  CompileInput in = shop({{"blue", 50}, {"green", 50}});
  in.spec.routes[0].when_unavailable = WhenUnavailable::fail;
  take_down(in, "blue");
  Client client(in);
  int failed = 0;
  for (int i = 0; i < 1'000; ++i) {
    const Decision decision = client.ask();
    if (decision.failure == DecisionFailure::none) continue;
    ++failed;
    EXPECT_EQ(decision.upstream->name, "blue") << "says who should have served";
    EXPECT_EQ(decision.endpoint, nullptr);
  }
  EXPECT_NEAR(failed, 500, 70);
}

TEST(WhenUnavailable, FallbackServesWithItsOwnReasonAndNoCookie) {
  CompileInput in = sticky_shop({{"blue", 1}});
  in.spec.routes[0].when_unavailable = WhenUnavailable::fallback;
  in.spec.routes[0].fallback = "green";
  take_down(in, "blue");
  const Decision decision = Client(in).ask();
  EXPECT_EQ(decision.upstream->name, "green");
  EXPECT_EQ(decision.reason, Reason::fallback);
  EXPECT_FALSE(decision.set_cookie);
  take_down(in, "green");
  EXPECT_EQ(Client(in).ask().failure, DecisionFailure::no_endpoint);
}

TEST(WhenUnavailable, NobodyIsLeft) {
  CompileInput in = shop({{"blue", 1}, {"green", 1}, {"canary", 0}});
  take_down(in, "blue");
  take_down(in, "green");
  EXPECT_EQ(Client(in).ask().failure, DecisionFailure::no_endpoint) << "canary has weight 0";
}

// ---- overrides ---------------------------------------------------------------------------------

CompileInput overridden_shop() {
  CompileInput in = sticky_shop({{"blue", 1}});
  in.spec.routes[0].overrides = {
      {OverrideSource::header, "X-User-Group", {StringMatchKind::exact, "testers"}, "canary"},
      {OverrideSource::cookie, "beta", {StringMatchKind::exact, "1"}, "green"}};
  return in;
}

TEST(Override, ByHeaderOrCookieTheFirstThatMatches) {
  Client client(overridden_shop());
  const Decision header = client.ask({{"x-user-group", "testers"}, {"Cookie", "beta=1"}});
  EXPECT_EQ(header.upstream->name, "canary");
  EXPECT_EQ(header.reason, Reason::override);
  EXPECT_FALSE(header.set_cookie);
  EXPECT_EQ(header.placement, 0U);
  EXPECT_EQ(client.ask({{"Cookie", "beta=1"}}).upstream->name, "green");
  EXPECT_EQ(client.ask({{"Cookie", "beta=2"}}).upstream->name, "blue");
}

TEST(Override, BeatsThePinAndLeavesItAlone) {
  Client client(overridden_shop());
  ASSERT_TRUE(client.ask().set_cookie);
  const Decision forced = client.ask({{"x-user-group", "testers"}});
  EXPECT_EQ(forced.upstream->name, "canary");
  EXPECT_FALSE(forced.set_cookie);
  EXPECT_EQ(client.ask().reason, Reason::sticky);
}

TEST(Override, CountersOfItsTargetHaveASlotOutsideTheSplit) {
  Client client(overridden_shop());
  const Decision forced = client.ask({{"x-user-group", "testers"}});
  EXPECT_FALSE(forced.arm->in_split);
  EXPECT_LT(forced.arm->slot, client.snapshot().slots.arm_count());
}

TEST(Override, OfAnUnavailableUpstreamObeysWhenUnavailable) {
  CompileInput in = overridden_shop();
  take_down(in, "canary");
  const std::vector<Field> fields = {{"x-user-group", "testers"}};
  EXPECT_EQ(Client(in).ask(fields).upstream->name, "blue");
  in.spec.routes[0].when_unavailable = WhenUnavailable::fail;
  EXPECT_EQ(Client(in).ask(fields).failure, DecisionFailure::no_endpoint);
}

// ---- by key ------------------------------------------------------------------------------------

CompileInput keyed_shop(KeySpec key) {
  CompileInput in = sticky_shop({{"blue", 60}, {"green", 30}, {"canary", 10}});
  in.spec.routes[0].sticky->key = std::move(key);
  return in;
}

TEST(Keyed, AUserStaysWithoutACookieOnEveryWorker) {
  const CompileInput in = keyed_shop({KeySource::header, "X-User-Id"});
  Client one(in, 1);
  Client two(in, 2);
  std::map<std::string, int> counts;
  for (int i = 0; i < 3'000; ++i) {
    const std::string user = "user-" + std::to_string(i);
    const Decision decision = one.ask({{"x-user-id", user}});
    EXPECT_FALSE(decision.set_cookie);
    EXPECT_EQ(two.ask({{"X-USER-ID", user}}).upstream->name, decision.upstream->name);
    ++counts[decision.upstream->name];
  }
  EXPECT_NEAR(counts["blue"], 1'800, 110);
  EXPECT_NEAR(counts["canary"], 300, 70);
}

TEST(Keyed, ARequestWithoutTheKeyIsDrawn) {
  Client client(keyed_shop({KeySource::header, "X-User-Id"}));
  auto counts = client.count(5'000);
  EXPECT_NEAR(counts["canary"], 500, 90);
}

TEST(Keyed, ByClientAddress) {
  Client client(keyed_shop({KeySource::client_ip, ""}));
  std::map<std::string, int> counts;
  for (int i = 0; i < 200; ++i) {
    const std::string ip = "192.0.2." + std::to_string(i);
    const Decision decision = client.ask({}, kNow, ip);
    EXPECT_EQ(client.ask({}, kNow, ip).upstream, decision.upstream);
    ++counts[decision.upstream->name];
  }
  EXPECT_EQ(counts.size(), 3U);
}

TEST(Keyed, OnlyTheUsersOfTheOneThatIsDownMoveAndTheyReturn) {
  CompileInput in = keyed_shop({KeySource::header, "X-User-Id"});
  Client healthy(in);
  take_down(in, "green");
  Client degraded(in);
  std::map<std::string, int> refuges;
  for (int i = 0; i < 5'000; ++i) {
    const std::string user = "user-" + std::to_string(i);
    const std::string home = healthy.ask({{"X-User-Id", user}}).upstream->name;
    const std::string now = degraded.ask({{"X-User-Id", user}}).upstream->name;
    if (home == "green") {
      ++refuges[now];
    } else {
      EXPECT_EQ(now, home);
    }
  }
  EXPECT_EQ(refuges.count("green"), 0U);
  EXPECT_NEAR(refuges["blue"], 1'500 * 6 / 7, 120);
}

TEST(Keyed, FailsOnlyTheUsersOfTheOneThatIsDown) {
  CompileInput in = keyed_shop({KeySource::header, "X-User-Id"});
  in.spec.routes[0].when_unavailable = WhenUnavailable::fail;
  Client healthy(in);
  take_down(in, "green");
  Client degraded(in);
  for (int i = 0; i < 500; ++i) {
    const std::string user = "user-" + std::to_string(i);
    const bool is_green = healthy.ask({{"X-User-Id", user}}).upstream->name == "green";
    const Decision decision = degraded.ask({{"X-User-Id", user}});
    EXPECT_EQ(decision.failure == DecisionFailure::no_endpoint, is_green);
  }
}

// ---- retries -----------------------------------------------------------------------------------

// ---- another attempt ---------------------------------------------------------------------------

Target target_of(const Snapshot& snapshot, std::uint32_t arm, std::uint32_t endpoint) {
  const Arm& it = snapshot.routes[0].arms[arm];
  const Upstream& upstream = snapshot.upstreams[it.upstream_index];
  return {&it, &upstream, &upstream.endpoints[endpoint]};
}

TEST(PickAgain, TakesAnotherEndpointOfTheUpstream) {
  const auto snapshot = compiled(shop({{"blue", 1}}));
  WorkerDraw worker(1);
  worker.adopt(*snapshot);
  for (std::uint32_t endpoint = 0; endpoint < 2; ++endpoint) {
    const Target failed = target_of(*snapshot, 0, endpoint);
    const std::uint32_t tried[] = {endpoint};
    const Target next = pick_again(*snapshot, snapshot->routes[0], failed, worker, tried);
    EXPECT_EQ(next.arm, failed.arm);
    EXPECT_EQ(next.upstream, failed.upstream);
    EXPECT_EQ(next.endpoint, &failed.upstream->endpoints[1 - endpoint]);
  }
}

TEST(PickAgain, NeverTakesOneThatWasTried) {
  const auto snapshot = compiled(shop({{"blue", 1}}));
  WorkerDraw worker(1);
  worker.adopt(*snapshot);
  const std::uint32_t tried[] = {0, 1};
  const Target failed = target_of(*snapshot, 0, 1);
  EXPECT_EQ(pick_again(*snapshot, snapshot->routes[0], failed, worker, tried).endpoint, nullptr);
}

TEST(PickAgain, TurnsToTheOtherUpstreamFirstAndStaysThere) {
  CompileInput in = shop({{"canary", 1}});
  in.spec.routes[0].retry.other_upstream = "blue";
  const auto snapshot = compiled(in);
  WorkerDraw worker(1);
  worker.adopt(*snapshot);
  const Target failed = target_of(*snapshot, 0, 0);
  ASSERT_EQ(failed.upstream->name, "canary");
  const std::uint32_t first[] = {0};
  const Target second = pick_again(*snapshot, snapshot->routes[0], failed, worker, first);
  ASSERT_NE(second.endpoint, nullptr);
  EXPECT_EQ(second.upstream->name, "blue");
  EXPECT_FALSE(second.arm->in_split);
  const std::uint32_t tried[] = {
      static_cast<std::uint32_t>(second.endpoint - second.upstream->endpoints.data())};
  const Target third = pick_again(*snapshot, snapshot->routes[0], second, worker, tried);
  ASSERT_NE(third.endpoint, nullptr);
  EXPECT_EQ(third.upstream, second.upstream);
  EXPECT_NE(third.endpoint, second.endpoint);
}

TEST(PickAgain, StaysWhenTheOtherUpstreamIsDown) {
  CompileInput in = shop({{"blue", 1}});
  in.spec.routes[0].retry.other_upstream = "green";
  take_down(in, "green");
  const auto snapshot = compiled(in);
  WorkerDraw worker(1);
  worker.adopt(*snapshot);
  const std::uint32_t tried[] = {0};
  const Target failed = target_of(*snapshot, 0, 0);
  const Target next = pick_again(*snapshot, snapshot->routes[0], failed, worker, tried);
  EXPECT_EQ(next.upstream, failed.upstream);
  EXPECT_EQ(next.endpoint, &failed.upstream->endpoints[1]);
}

}  // namespace
}  // namespace sluice::routing
