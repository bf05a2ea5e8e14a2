// Limits of an endpoint, and what else there is: other endpoints, another configuration.
#include <algorithm>

#include <gtest/gtest.h>

#include "proxy/failure.hpp"
#include "proxy/retry.hpp"
#include "tests/support/gated.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

using proxy::RetryReason;
using telemetry::Outcome;

std::string two_endpoints(const std::string& one, const std::string& two,
                          const std::string& upstream_extra, const std::string& route_extra = "") {
  return one_upstream(one + "\", \"" + two, "", upstream_extra, route_extra);
}

std::string limits(const std::string& rows) {
  return ", limits: { pending_timeout: 1m, " + rows + " }";
}

std::uint64_t of_endpoint(Proxy& proxy, std::uint32_t slot, Outcome outcome) {
  const auto* const found = proxy.plane().shards()[0]->endpoints.find(slot);
  return found->outcomes[static_cast<std::size_t>(outcome)].load();
}

std::uint64_t retries(Proxy& proxy, RetryReason reason) {
  return proxy.plane().shards()[0]->arms.find(0)->retries[static_cast<std::size_t>(reason)].load();
}

bool holds(Gated& origin, unsigned requests) {
  return eventually([&] { return origin.inside() == requests; });
}

// ---- other endpoints ---------------------------------------------------------------------------

TEST(LimitsElsewhere, NobodyWaitsWhileAnotherEndpointHasRoom) {
  Gated slow;
  Origin fast(always(ok("fast")));
  Proxy proxy(two_endpoints(slow.address(), fast.address(), limits("max_requests: 1")));
  std::vector<Wire> held;
  while (slow.inside() == 0) {
    held.push_back(asks(proxy, get("/held")));
    ASSERT_TRUE(eventually([&] {
      return slow.inside() == 1 || held.back().wait_readable(std::chrono::milliseconds(1));
    }));
  }
  // In turn every other one would be the slow one's.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(proxy.ask(get()).body, "fast");
  EXPECT_EQ(pending(proxy), 0U);
  EXPECT_EQ(retries(proxy, RetryReason::queue_full), 0U);
  EXPECT_EQ(slow.paths().size(), 1U);
  slow.open();
  EXPECT_EQ(held.back().read_message().status(), 200);
}

TEST(LimitsElsewhere, OneWaitsWhenAllAreBusy) {
  Gated one;
  Gated two;
  Proxy proxy(two_endpoints(one.address(), two.address(), limits("max_requests: 1")));
  std::vector<Wire> wires = ask_at_once(proxy, 2);
  ASSERT_TRUE(holds(one, 1));
  ASSERT_TRUE(holds(two, 1));
  wires.push_back(asks(proxy));
  ASSERT_TRUE(eventually([&] { return pending(proxy) == 1; }));
  one.open();
  two.open();
  EXPECT_TRUE(all_served(wires));
}

// The hash of a key names one endpoint: requests wait for that one, and turn to the other only when
// they may not even wait.
TEST(LimitsElsewhere, AFullQueueIsTriedElsewhereWhereConnectFailuresAre) {
  for (const bool wanted : {true, false}) {
    Gated one;
    Gated two;
    Proxy proxy(two_endpoints(
        one.address(), two.address(),
        ", balance: consistent_hash, hash_key: { path: {} }" +
            limits("max_requests: 1, max_pending: 0"),
        wanted ? ", retry: { on: [connect_failure], budget: 0% }" : ", retry: { on: [reset] }"));
    Wire first = asks(proxy);
    ASSERT_TRUE(eventually([&] { return one.inside() + two.inside() == 1; }));
    Gated& full = one.inside() == 1 ? one : two;
    Gated& other = one.inside() == 1 ? two : one;
    other.open();
    // A POST too: nothing was sent.
    const WireMessage answer = proxy.ask(post("x"));
    EXPECT_EQ(answer.status(), wanted ? 200 : 503);
    EXPECT_EQ(kind(answer), wanted ? "" : "queue_full");
    EXPECT_EQ(other.paths().size(), wanted ? 1U : 0U);
    EXPECT_TRUE(eventually([&] { return retries(proxy, RetryReason::queue_full) == wanted; }));
    for (std::uint32_t slot = 0; slot < 2; ++slot) {
      EXPECT_EQ(of_endpoint(proxy, slot, Outcome::failure), 0U);
      EXPECT_EQ(of_endpoint(proxy, slot, Outcome::server_error), 0U);
    }
    full.open();
    EXPECT_EQ(first.read_message().status(), 200);
  }
}

TEST(LimitsElsewhere, TheHashOfAKeyWaitsForItsEndpoint) {
  Gated one;
  Gated two;
  Proxy proxy(two_endpoints(
      one.address(), two.address(),
      ", balance: consistent_hash, hash_key: { path: {} }" + limits("max_requests: 1")));
  std::vector<Wire> wires;
  wires.push_back(asks(proxy));
  ASSERT_TRUE(eventually([&] { return one.inside() + two.inside() == 1; }));
  wires.push_back(asks(proxy));
  ASSERT_TRUE(eventually([&] { return pending(proxy) == 1; }));
  one.open();
  two.open();
  EXPECT_TRUE(all_served(wires));
  EXPECT_EQ(std::max(one.paths().size(), two.paths().size()), 2U);
}

TEST(LimitsElsewhere, APinnedSessionWaitsForItsEndpoint) {
  Gated one;
  Gated two;
  Proxy proxy(two_endpoints(one.address(), two.address(), limits("max_requests: 1"),
                            ", sticky: { cookie: s, endpoint: true }"));
  Wire first = asks(proxy);
  ASSERT_TRUE(eventually([&] { return one.inside() + two.inside() == 1; }));
  Gated& home = one.inside() == 1 ? one : two;
  home.let_go();
  const auto cookie = first.read_message().field("Set-Cookie");
  ASSERT_TRUE(cookie.has_value());
  const std::string pinned = get("/", "Cookie: " + cookie->substr(0, cookie->find(';')) + "\r\n");
  std::vector<Wire> wires;
  wires.push_back(asks(proxy, pinned));
  ASSERT_TRUE(holds(home, 1));
  wires.push_back(asks(proxy, pinned));
  ASSERT_TRUE(eventually([&] { return pending(proxy) == 1; }));
  home.open();
  EXPECT_TRUE(all_served(wires));
  EXPECT_EQ(home.paths().size(), 3U);
}

// However many are full, the route's attempts are the end of it.
TEST(LimitsElsewhere, AttemptsEndTheSearch) {
  Gated one;
  Gated two;
  Proxy proxy(two_endpoints(one.address(), two.address(), limits("max_requests: 1, max_pending: 0"),
                            ", retry: { attempts: 5 }"));
  std::vector<Wire> wires = ask_at_once(proxy, 2);
  ASSERT_TRUE(holds(one, 1));
  ASSERT_TRUE(holds(two, 1));
  EXPECT_EQ(kind(proxy.ask(get())), "queue_full");
  EXPECT_TRUE(eventually([&] { return retries(proxy, RetryReason::queue_full) == 1; }))
      << "each endpoint once";
}

// What failed at one endpoint may find the other's queue full: only the first one failed.
TEST(LimitsElsewhere, AFullQueueAfterAFailureIsNobodysFailure) {
  Gated busy;
  Origin dies([](Wire& wire, Origin& self) { self.remember(wire.read_message()); });
  Proxy proxy("listeners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n  canary: { endpoints: [\"" +
              dies.address() + "\"] }\n  blue: { endpoints: [\"" + busy.address() + "\"]" +
              limits("max_requests: 1, max_pending: 0") +
              " }\nroutes:\n  - { match: { path: { exact: /busy } }, split: { blue: 1 } }\n"
              "  - { split: { canary: 1, blue: 0 }, retry: { other_upstream: blue } }\n");
  Wire held = asks(proxy, get("/busy"));
  ASSERT_TRUE(holds(busy, 1));
  EXPECT_EQ(kind(proxy.ask(get())), "queue_full");
  EXPECT_TRUE(eventually([&] { return of_endpoint(proxy, 0, Outcome::failure) == 1; }));
  EXPECT_EQ(of_endpoint(proxy, 1, Outcome::server_error), 0U);
  EXPECT_EQ(of_endpoint(proxy, 1, Outcome::failure), 0U);
}

// ---- another configuration ---------------------------------------------------------------------

std::string limited(const Gated& origin, const std::string& rows) {
  return one_upstream(origin.address(), "", rows.empty() ? "" : limits(rows));
}

TEST(LimitsReload, ARaisedLimitWakesWhoWaits) {
  Gated origin;
  Proxy proxy(limited(origin, "max_requests: 1"));
  std::vector<Wire> wires = ask_at_once(proxy, 6);
  ASSERT_TRUE(eventually([&] { return origin.inside() == 1 && pending(proxy) == 5; }));
  proxy.reload(limited(origin, "max_requests: 3"));
  EXPECT_TRUE(eventually([&] { return origin.inside() == 3 && pending(proxy) == 3; }));
  proxy.reload(limited(origin, ""));
  EXPECT_TRUE(eventually([&] { return origin.inside() == 6 && pending(proxy) == 0; }));
  origin.open();
  EXPECT_TRUE(all_served(wires));
}

TEST(LimitsReload, ALoweredLimitHoldsForWhoeverComes) {
  Gated origin;
  Proxy proxy(limited(origin, ""));
  std::vector<Wire> wires = ask_at_once(proxy, 4);
  ASSERT_TRUE(holds(origin, 4));
  proxy.reload(limited(origin, "max_connections: 2"));
  wires.push_back(asks(proxy, get("/late")));
  ASSERT_TRUE(eventually([&] { return pending(proxy) == 1; }));
  origin.let_go(2);
  ASSERT_TRUE(eventually([&] { return origin.inside() == 2; }));
  EXPECT_EQ(pending(proxy), 1U) << "there are as many as may be";
  origin.open();
  EXPECT_TRUE(all_served(wires));
}

TEST(LimitsReload, ALoweredLimitClosesWhatIsIdle) {
  Gated origin;
  Proxy proxy(limited(origin, ""));
  std::vector<Wire> wires = ask_at_once(proxy, 4);
  ASSERT_TRUE(holds(origin, 4));
  origin.open();
  EXPECT_TRUE(all_served(wires));
  const auto* const counters = proxy.plane().shards()[0]->endpoints.find(0);
  ASSERT_TRUE(eventually([&] { return counters->connections_idle.load() == 4; }));
  proxy.reload(limited(origin, "max_connections: 1"));
  EXPECT_TRUE(eventually([&] { return counters->connections_idle.load() == 1; }));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_EQ(origin.connections_ever(), 4U);
}

// Requests keep the configuration that they began with, and so does their queue.
TEST(LimitsReload, WhoWaitsForARemovedEndpointIsServed) {
  Gated origin;
  Origin other(always(ok("other")));
  Proxy proxy(limited(origin, "max_requests: 1"));
  std::vector<Wire> wires = ask_at_once(proxy, 3);
  ASSERT_TRUE(eventually([&] { return origin.inside() == 1 && pending(proxy) == 2; }));
  proxy.reload(one_upstream(other.address()));
  EXPECT_EQ(proxy.ask(get()).body, "other");
  origin.open();
  for (Wire& wire : wires) EXPECT_EQ(wire.read_message().body, "/");
  EXPECT_EQ(origin.most_inside(), 1U);
}

}  // namespace
}  // namespace sluice::test
