#include "routing/compile.hpp"

#include "base/hash.hpp"
#include "tests/unit/routing/compiled.hpp"

namespace sluice::routing {
namespace {

using testing::compiled;
using testing::errors_of;
using testing::shop;
using testing::upstream_spec;

std::vector<std::string> addresses(const Upstream& upstream) {
  std::vector<std::string> all;
  for (const auto& endpoint : upstream.endpoints) all.push_back(endpoint.address);
  return all;
}

TEST(Compile, ExpandsNamesLiteralsAndSockets) {
  CompileInput in = shop({{"blue", 1}});
  in.spec.upstreams[0] = upstream_spec("blue", {{"app.internal:80", 3},
                                                {"gone.internal:80", 1},
                                                {"10.0.0.1:81", 1},
                                                {"[::1]:80", 1},
                                                {"unix:/run/app.sock", 1}});
  in.resolutions = {{"app.internal", {"10.0.0.9", "fd00::1", "10.0.0.9"}}};
  const auto snapshot = compiled(in);
  const Upstream& blue = snapshot->upstreams[0];
  EXPECT_EQ(addresses(blue), (std::vector<std::string>{"10.0.0.9:80", "[fd00::1]:80", "10.0.0.1:81",
                                                       "[::1]:80", "unix:/run/app.sock"}));
  EXPECT_EQ(blue.endpoints[0].name, "app.internal:80");
  EXPECT_EQ(blue.endpoints[1].weight, 3U);
  EXPECT_EQ(blue.endpoints[0].hash, stable_hash("10.0.0.9:80"));
  EXPECT_EQ(blue.available_weight, 9U);
  EXPECT_FALSE(blue.equal_weights);
  EXPECT_EQ(names_to_resolve(in.spec), (std::vector<std::string>{"app.internal", "gone.internal"}));
}

TEST(Compile, TwoNamesOfOneAddressAreOneEndpointOfBothWeights) {
  CompileInput in = shop({{"blue", 1}});
  in.spec.upstreams[0] = upstream_spec("blue", {{"a:80", 2}, {"b:80", 3}});
  in.resolutions = {{"a", {"10.0.0.1"}}, {"b", {"10.0.0.1"}}};
  const auto snapshot = compiled(in);
  ASSERT_EQ(snapshot->upstreams[0].endpoints.size(), 1U);
  EXPECT_EQ(snapshot->upstreams[0].endpoints[0].weight, 5U);
}

TEST(Compile, DownAndWeightZeroEndpointsAreNotAvailable) {
  CompileInput in = shop({{"blue", 1}});
  in.spec.upstreams[0].endpoints.push_back({"10.0.1.3:80", 0});
  in.services[{"blue", "10.0.1.1:80"}] = Service::down;
  in.services[{"green", "10.0.1.2:80"}] = Service::down;
  const auto snapshot = compiled(in);
  EXPECT_EQ(snapshot->upstreams[0].available, (std::vector<std::uint32_t>{1}));
  EXPECT_FALSE(snapshot->upstreams[0].endpoints[0].available);
  EXPECT_TRUE(snapshot->upstreams[0].endpoints[2].available) << "drained, not down";
}

TEST(Compile, UnhealthyAndDrainedEndpointsTakeNoSession) {
  CompileInput in = shop({{"blue", 1}});
  in.fitness[{"blue", "10.0.1.1:80"}].fit = false;
  in.services[{"green", "10.0.2.1:80"}] = Service::drain;
  const auto snapshot = compiled(in);
  EXPECT_EQ(snapshot->upstreams[0].available, (std::vector<std::uint32_t>{1}));
  EXPECT_FALSE(snapshot->upstreams[0].endpoints[0].available);
  EXPECT_TRUE(snapshot->upstreams[1].available.empty());
  EXPECT_TRUE(snapshot->upstreams[1].endpoints[0].available) << "for its pins";
}

TEST(Compile, AShareOfAWeightIsAShareOfTheRequests) {
  CompileInput in = shop({{"blue", 1}});
  in.fitness[{"blue", "10.0.1.1:80"}].share = 0.25;
  const auto snapshot = compiled(in);
  const Upstream& blue = snapshot->upstreams[0];
  EXPECT_FALSE(blue.equal_weights);
  EXPECT_EQ(blue.available_weight, 5 * blue.endpoints[0].weight);
  in.spec.upstreams[0].endpoints[0].weight = UINT32_MAX;
  EXPECT_EQ(compiled(in)->upstreams[0].endpoints[0].weight, UINT32_MAX / 4);
  in.fitness[{"blue", "10.0.1.2:80"}].share = 1e-9;
  EXPECT_EQ(compiled(in)->upstreams[0].endpoints[1].weight, 1U) << "not nothing";
}

// One of two is healthy.
TEST(Compile, BelowThePanicThresholdAllAreUsed) {
  for (const auto& [threshold, count] :
       {std::pair{0.0, 1U}, std::pair{0.5, 1U}, std::pair{0.51, 2U}, std::pair{1.0, 2U}}) {
    CompileInput in = shop({{"blue", 1}});
    in.spec.upstreams[0].panic_threshold = threshold;
    in.fitness[{"blue", "10.0.1.1:80"}].fit = false;
    EXPECT_EQ(compiled(in)->upstreams[0].available.size(), count) << threshold;
  }
}

TEST(Compile, PanicDoesNotTouchWhatAnOperatorTookOut) {
  CompileInput in = shop({{"blue", 1}});
  in.spec.upstreams[0].panic_threshold = 1;
  in.services[{"blue", "10.0.1.1:80"}] = Service::down;
  in.fitness[{"blue", "10.0.1.2:80"}].fit = false;
  EXPECT_EQ(compiled(in)->upstreams[0].available, (std::vector<std::uint32_t>{1}));
}

TEST(Compile, SlotsStayOverGenerations) {
  CompileInput in = shop({{"blue", 1}, {"canary", 1}});
  const auto first = compiled(in);
  std::swap(in.spec.upstreams[0], in.spec.upstreams[2]);
  std::swap(in.spec.upstreams[0].endpoints, in.spec.upstreams[0].endpoints);
  in.spec.upstreams.push_back(upstream_spec("red", {{"10.0.9.1:80", 1}}));
  in.spec.routes[0].split = {{"red", 1}, {"canary", 1}, {"blue", 1}};
  in.previous = first;
  in.generation = 2;
  const auto second = compiled(in);
  for (const auto& before : first->upstreams) {
    const Upstream* after = second->find_upstream(before.name);
    EXPECT_EQ(after->slot, before.slot) << before.name;
    for (std::size_t i = 0; i < before.endpoints.size(); ++i) {
      EXPECT_EQ(after->endpoints[i].slot, before.endpoints[i].slot);
    }
  }
  EXPECT_EQ(second->routes[0].slot, first->routes[0].slot);
  EXPECT_EQ(second->routes[0].arms[2].slot, first->routes[0].arms[0].slot);
  EXPECT_EQ(second->find_upstream("red")->slot, 3U);
  EXPECT_EQ(second->slots.arm_count(), 3U);
  EXPECT_EQ(second->slots.endpoint_count(), 5U);
  EXPECT_EQ(second->generation, 2U);
}

TEST(Compile, ASlotIsNotReusedWhileItsNameIsAway) {
  CompileInput in = shop({{"blue", 1}});
  const auto first = compiled(in);
  auto green = in.spec.upstreams[1];
  in.spec.upstreams.erase(in.spec.upstreams.begin() + 1);
  in.spec.upstreams.push_back(upstream_spec("red", {{"10.0.9.1:80", 1}}));
  in.previous = first;
  const auto second = compiled(in);
  in.spec.upstreams.push_back(green);
  in.previous = second;
  const auto third = compiled(in);
  EXPECT_EQ(second->find_upstream("red")->slot, 3U);
  EXPECT_EQ(third->find_upstream("green")->slot, first->find_upstream("green")->slot);
}

TEST(Compile, PlacementIsTheShareAmongWhatCanBeDrawn) {
  CompileInput in = shop({{"blue", 60}, {"green", 20}, {"canary", 20}});
  EXPECT_NEAR(probability(compiled(in)->routes[0].arms[2].placement), 0.2, 1e-9);
  testing::take_down(in, "blue");
  EXPECT_NEAR(probability(compiled(in)->routes[0].arms[2].placement), 0.5, 1e-9);
  EXPECT_EQ(compiled(in)->routes[0].arms[0].placement, 0U);
  in.spec.routes[0].when_unavailable = WhenUnavailable::fail;
  EXPECT_NEAR(probability(compiled(in)->routes[0].arms[2].placement), 0.2, 1e-9);
}

TEST(Compile, KeyedPartitionGoesOnFromThePreviousOne) {
  CompileInput in = shop({{"blue", 70}, {"green", 25}, {"canary", 5}});
  in.spec.routes[0].sticky = StickySpec{};
  in.spec.routes[0].sticky->key = {KeySource::header, "X-User"};
  const auto first = compiled(in);
  in.spec.routes[0].split = {{"blue", 66}, {"green", 24}, {"canary", 10}};
  in.previous = first;
  const auto second = compiled(in);
  const auto& before = first->routes[0].partition;
  const auto& after = second->routes[0].partition;
  const std::uint32_t canary = first->upstreams[2].slot;
  EXPECT_TRUE(moved_measure(before, after) == after.measure_of(canary) - before.measure_of(canary));
}

TEST(Compile, ExpressionsAreSharedByRoutesAndGenerations) {
  CompileInput in = shop({{"blue", 1}});
  in.spec.routes[0].match.path = StringMatch{StringMatchKind::regex, "/v[0-9]+/.*"};
  in.spec.routes.push_back(in.spec.routes[0]);
  in.spec.routes[1].name = "again";
  const auto first = compiled(in);
  in.previous = first;
  const auto second = compiled(in);
  EXPECT_EQ(first->routes[0].matcher.path->regex, first->routes[1].matcher.path->regex);
  EXPECT_EQ(second->routes[0].matcher.path->regex, first->routes[0].matcher.path->regex);
}

TEST(Compile, PreparesHeaderEdits) {
  CompileInput in = shop({{"blue", 1}});
  in.spec.routes[0].rewrite.request_headers = {
      {{"X-Env", "blue"}}, {{"X-Tag", "a"}, {"X-Tag", "b"}}, {"Server", "x-env"}};
  const auto snapshot = compiled(in);
  const HeaderEdits& edits = snapshot->routes[0].request_edits;
  EXPECT_EQ(edits.drop, (std::vector<std::string>{"server", "x-env"}));
  EXPECT_EQ(edits.block, "X-Env: blue\r\nX-Tag: a\r\nX-Tag: b\r\n");
  EXPECT_TRUE(snapshot->routes[0].response_edits.empty());
}

TEST(Compile, CollectsEveryError) {
  CompileInput in = shop({{"blu", 1}, {"green", 1}, {"green", 2}});
  RouteSpec& route = in.spec.routes[0];
  route.match.path = StringMatch{StringMatchKind::regex, "["};
  route.overrides = {{OverrideSource::cookie, "beta", {}, "nowhere"}};
  route.when_unavailable = WhenUnavailable::fallback;
  route.fallback = "void";
  route.sticky = StickySpec{};
  route.rewrite.response_headers.set = {{"X", "a\r\nSet-Cookie: b"}};
  in.sticky_keys = {};
  const auto errors = errors_of(in);
  const char* expected[] = {"routes.shop.match.path: bad regular expression",
                            "routes.shop.split: unknown upstream 'blu'",
                            "routes.shop.split: 'green' twice",
                            "routes.shop.overrides.beta: unknown upstream 'nowhere'",
                            "routes.shop.when_unavailable: unknown upstream 'void'",
                            "routes.shop.sticky: no sticky key",
                            "routes.shop.rewrite.response_headers: 'X' is not"};
  ASSERT_EQ(errors.size(), std::size(expected));
  for (std::size_t i = 0; i < errors.size(); ++i) {
    EXPECT_TRUE(errors[i].starts_with(expected[i])) << errors[i];
  }
}

TEST(Compile, RefusesShortKeysAndDoubledNames) {
  CompileInput in = shop({{"blue", 1}});
  in.sticky_keys = {"short"};
  in.spec.routes.push_back(in.spec.routes[0]);
  in.spec.upstreams.push_back(in.spec.upstreams[0]);
  EXPECT_EQ(errors_of(in),
            (std::vector<std::string>{"sticky keys: shorter than 16 bytes", "upstreams.blue: twice",
                                      "routes.shop: twice"}));
}

}  // namespace
}  // namespace sluice::routing
