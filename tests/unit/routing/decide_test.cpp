#include "routing/decide.hpp"

#include <map>

#include "base/hash.hpp"
#include "tests/unit/routing/compiled.hpp"

namespace sluice::routing {
namespace {

using testing::compiled;
using testing::shop;
using testing::take_down;

constexpr std::uint64_t kNow = 1'700'000'000;

// One client against one snapshot after another, as a browser sees them: it keeps its cookie.
class Client {
 public:
  explicit Client(const CompileInput& in, std::uint64_t seed = 1) : worker_(seed) { publish(in); }

  void publish(const CompileInput& in) {
    snapshot_ = compiled(in);
    kept().push_back(snapshot_);
    worker_.adopt(*snapshot_);
  }

  Decision ask(std::vector<Field> fields = {}, std::uint64_t now = kNow,
               std::string_view client_ip = "192.0.2.1") {
    if (!cookie_.empty()) fields.push_back({"Cookie", cookie_});
    RequestFacts facts;
    facts.method = "GET";
    facts.host = "shop.example";
    facts.path = "/cart";
    facts.client_ip = client_ip;
    facts.fields = fields;
    const Decision decision = decide(*snapshot_, worker_, facts, now);
    if (decision.set_cookie) keep(decision, now);
    return decision;
  }

  std::map<std::string, int> count(int times) {
    std::map<std::string, int> counts;
    for (int i = 0; i < times; ++i) {
      forget();
      const Decision decision = ask();
      ++counts[decision.upstream ? decision.upstream->name : "none"];
    }
    return counts;
  }

  void forget() { cookie_.clear(); }
  std::string& cookie() { return cookie_; }
  const Snapshot& snapshot() const { return *snapshot_; }

 private:
  // Decisions point into snapshots; the cases look at them after the client is gone.
  static std::vector<std::shared_ptr<const Snapshot>>& kept() {
    static std::vector<std::shared_ptr<const Snapshot>> all;
    return all;
  }

  void keep(const Decision& decision, std::uint64_t now) {
    std::string field;
    append_set_cookie(decision, now, false, field);
    cookie_ = field.substr(12, field.find(';') - 12);
  }

  WorkerDraw worker_;
  std::shared_ptr<const Snapshot> snapshot_;
  std::string cookie_;
};

CompileInput sticky_shop(std::vector<WeightSpec> split) {
  CompileInput in = shop(std::move(split));
  in.spec.routes[0].sticky = StickySpec{};
  return in;
}

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

// ---- pins --------------------------------------------------------------------------------------

TEST(Pin, StaysWhileWeightsMoveAlsoAtWeightZero) {
  CompileInput in = sticky_shop({{"blue", 0}, {"canary", 100}});
  Client client(in);
  EXPECT_EQ(client.ask().upstream->name, "canary");
  in.spec.routes[0].split = {{"blue", 100}, {"canary", 0}};
  client.publish(in);
  for (int i = 0; i < 20; ++i) {
    const Decision decision = client.ask({}, kNow + 100);
    EXPECT_EQ(decision.upstream->name, "canary");
    EXPECT_EQ(decision.reason, Reason::sticky);
    EXPECT_EQ(decision.placement, kCertain) << "with which it was placed then";
    EXPECT_FALSE(decision.set_cookie);
  }
}

TEST(Pin, EndsWithItsTtlAndIsReplaced) {
  CompileInput in = sticky_shop({{"canary", 1}, {"blue", 0}});
  Client client(in);
  client.ask();
  in.spec.routes[0].split = {{"canary", 0}, {"blue", 1}};
  client.publish(in);
  const Decision decision = client.ask({}, kNow + 3600);
  EXPECT_EQ(decision.sticky, StickyVerdict::expired);
  EXPECT_EQ(decision.upstream->name, "blue");
  EXPECT_TRUE(decision.set_cookie);
  EXPECT_EQ(decision.pin.issued_seconds, kNow + 3600);
}

TEST(Pin, OfARevertedUpstreamMovesUnlessTheRouteKeepsIt) {
  for (const OnRevert on_revert : {OnRevert::move, OnRevert::keep}) {
    CompileInput in = sticky_shop({{"blue", 0}, {"canary", 1}});
    in.spec.routes[0].sticky->on_revert = on_revert;
    Client client(in);
    client.ask();
    in.spec.routes[0].split = {{"blue", 1}, {"canary", 0}};
    in.epochs = {{"canary", 1}};
    client.publish(in);
    const Decision decision = client.ask();
    const bool moves = on_revert == OnRevert::move;
    EXPECT_EQ(decision.upstream->name, moves ? "blue" : "canary");
    EXPECT_EQ(decision.sticky, moves ? StickyVerdict::stale_epoch : StickyVerdict::valid);
    EXPECT_EQ(decision.set_cookie, moves);
  }
}

TEST(Pin, OfAnUpstreamThatLeftTheSplitIsReplaced) {
  CompileInput in = sticky_shop({{"canary", 1}});
  Client client(in);
  client.ask();
  in.spec.routes[0].split = {{"blue", 1}};
  client.publish(in);
  const Decision decision = client.ask();
  EXPECT_EQ(decision.sticky, StickyVerdict::unknown_upstream);
  EXPECT_EQ(decision.upstream->name, "blue");
  EXPECT_TRUE(decision.set_cookie);
}

TEST(Pin, OfAnUnavailableUpstreamIsReplacedByAnother) {
  CompileInput in = sticky_shop({{"canary", 1}, {"blue", 0}});
  Client client(in);
  client.ask();
  in.spec.routes[0].split[1].weight = 1;
  take_down(in, "canary");
  client.publish(in);
  EXPECT_EQ(client.ask().upstream->name, "blue");
  in.down.clear();
  client.publish(in);
  EXPECT_EQ(client.ask().upstream->name, "blue") << "the new pin holds";
}

TEST(Pin, WaitsForItsUpstreamBehindAFallback) {
  CompileInput in = sticky_shop({{"canary", 1}, {"blue", 1}});
  in.spec.routes[0].when_unavailable = WhenUnavailable::fallback;
  in.spec.routes[0].fallback = "green";
  Client client(in);
  const std::string home = client.ask().upstream->name;
  take_down(in, home);
  client.publish(in);
  EXPECT_EQ(client.ask().reason, Reason::fallback);
  in.down.clear();
  client.publish(in);
  EXPECT_EQ(client.ask().upstream->name, home);
}

TEST(Pin, ForgedAndMalformedCookiesAreReplacedNeverObeyed) {
  CompileInput in = sticky_shop({{"blue", 1}});
  struct Case {
    const char* name;
    StickyVerdict verdict;
    std::string cookie;
  };
  Client client(in);
  client.ask();
  std::string forged = client.cookie();
  forged[20] = forged[20] == 'A' ? 'B' : 'A';
  const Case cases[] = {{"forged", StickyVerdict::forged, forged},
                        {"malformed", StickyVerdict::malformed, "sluice=blue"},
                        {"another cookie", StickyVerdict::absent, "session=1"}};
  for (const auto& [name, verdict, cookie] : cases) {
    client.cookie() = cookie;
    const Decision decision = client.ask();
    EXPECT_EQ(decision.sticky, verdict) << name;
    EXPECT_EQ(decision.reason, Reason::weight) << name;
    EXPECT_TRUE(decision.set_cookie) << name;
  }
}

TEST(Pin, AValidCookieBehindAForeignOneOfTheSameNameIsFound) {
  Client client(sticky_shop({{"blue", 1}}));
  client.ask();
  client.cookie() = "sluice=junk; " + client.cookie();
  EXPECT_EQ(client.ask().reason, Reason::sticky);
}

TEST(EndpointPin, IsObeyedWhileTheEndpointServes) {
  CompileInput in = sticky_shop({{"blue", 1}});
  in.spec.routes[0].sticky->endpoint = true;
  Client client(in);
  const std::string first = client.ask().endpoint->address;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(client.ask().endpoint->address, first);
}

TEST(EndpointPin, OfALostEndpointStaysInTheUpstreamUnderTheFirstIssueTime) {
  CompileInput in = sticky_shop({{"blue", 1}, {"green", 1}});
  in.spec.upstreams[1].endpoints.push_back({"10.0.2.2:80", 1});
  in.spec.routes[0].sticky->endpoint = true;
  Client client(in);
  const Decision placed = client.ask();
  const std::string home = placed.upstream->name;
  const std::string first = placed.endpoint->address;
  in.down = {{home, first}};
  client.publish(in);
  const Decision moved = client.ask({}, kNow + 600);
  EXPECT_EQ(moved.upstream->name, home);
  EXPECT_NE(moved.endpoint->address, first);
  EXPECT_EQ(moved.reason, Reason::sticky);
  EXPECT_TRUE(moved.set_cookie);
  EXPECT_EQ(moved.pin.issued_seconds, kNow);
  EXPECT_EQ(moved.pin.endpoint_hash, moved.endpoint->hash);
  EXPECT_FALSE(client.ask({}, kNow + 601).set_cookie);
}

TEST(EndpointPin, OfADrainedEndpointIsStillObeyed) {
  CompileInput in = sticky_shop({{"blue", 1}});
  in.spec.routes[0].sticky->endpoint = true;
  Client client(in);
  const std::string first = client.ask().endpoint->address;
  for (auto& endpoint : in.spec.upstreams[0].endpoints) {
    if (endpoint.address == first) endpoint.weight = 0;
  }
  client.publish(in);
  EXPECT_EQ(client.ask().endpoint->address, first);
}

TEST(EndpointPin, OfTheLastEndpointThatDrainsIsStillObeyed) {
  CompileInput in = sticky_shop({{"green", 1}, {"blue", 0}});
  in.spec.routes[0].sticky->endpoint = true;
  Client client(in);
  client.ask();
  in.spec.routes[0].split[1].weight = 1;
  in.draining = {{"green", "10.0.2.1:80"}};
  client.publish(in);
  EXPECT_EQ(client.ask().upstream->name, "green");
  client.forget();
  EXPECT_EQ(client.ask().upstream->name, "blue") << "no new session";
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

TEST(PickAgain, AvoidsTheEndpointJustTriedWhenThereIsAnother) {
  const auto snapshot = compiled(shop({{"blue", 1}}));
  WorkerDraw worker(1);
  worker.adopt(*snapshot);
  const std::uint32_t tried[] = {0};
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(pick_again(snapshot->upstreams[0], worker, {}, tried),
              &snapshot->upstreams[0].endpoints[1]);
    EXPECT_EQ(pick_again(snapshot->upstreams[1], worker, {}, tried),
              &snapshot->upstreams[1].endpoints[0]);
  }
}

}  // namespace
}  // namespace sluice::routing
