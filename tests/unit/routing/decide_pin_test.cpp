#include "routing/decide.hpp"
#include "tests/unit/routing/client.hpp"

namespace sluice::routing {
namespace {

using testing::Client;
using testing::kNow;
using testing::sticky_shop;
using testing::take_down;

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
    in.epochs = {{{"shop", "canary"}, 1}};
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
  in.fitness.clear();
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
  in.fitness.clear();
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
  in.fitness[{home, first}].fit = false;
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
  in.services[{"green", "10.0.2.1:80"}] = Service::drain;
  client.publish(in);
  EXPECT_EQ(client.ask().upstream->name, "green");
  client.forget();
  EXPECT_EQ(client.ask().upstream->name, "blue") << "no new session";
}

}  // namespace
}  // namespace sluice::routing
