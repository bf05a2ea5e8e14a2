// Limits of an endpoint: how much it gets at a time, who waits, and how the wait ends.
#include <atomic>

#include <gtest/gtest.h>

#include "proxy/failure.hpp"
#include "tests/support/gated.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"
#include "tests/support/unreachable.hpp"

namespace sluice::test {
namespace {

using telemetry::Outcome;

// Waits of which a test does not want to see the end by themselves.
constexpr const char* kLong = ", pending_timeout: 1m";

std::string limits(const std::string& rows) {
  return ", limits: { " + rows + " }";
}

std::string limited(const std::string& address, const std::string& rows,
                    const std::string& route_extra = "") {
  return one_upstream(address, "", limits(rows), route_extra);
}

std::uint64_t idle(Proxy& proxy) {
  return proxy.plane().shards()[0]->endpoints.find(0)->connections_idle.load();
}

std::uint64_t outcomes(Proxy& proxy, Outcome outcome, std::uint32_t endpoint = 0) {
  const auto* const found = proxy.plane().shards()[0]->endpoints.find(endpoint);
  return found->outcomes[static_cast<std::size_t>(outcome)].load();
}

std::uint64_t all_outcomes(Proxy& proxy, std::uint32_t endpoint = 0) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < telemetry::kOutcomes; ++i)
    sum += outcomes(proxy, static_cast<Outcome>(i), endpoint);
  return sum;
}

std::uint64_t failures(Proxy& proxy, proxy::FailureKind failure) {
  const auto* const arm = proxy.plane().shards()[0]->arms.find(0);
  return arm->failures[static_cast<std::size_t>(failure)].load();
}

// A client whose request waits, behind `before` others.
Wire asks_in_vain(Proxy& proxy, std::uint64_t before, const std::string& request = get()) {
  Wire wire = asks(proxy, request);
  EXPECT_TRUE(eventually([&] { return pending(proxy) == before + 1; }));
  return wire;
}

bool holds(Gated& origin, unsigned requests) {
  return eventually([&] { return origin.inside() == requests; });
}

// ---- how much ----------------------------------------------------------------------------------

TEST(Limits, AsManyRequestsAtATimeAndTheRestWaits) {
  for (const char* const limit : {"max_requests: 2", "max_connections: 2"}) {
    Gated origin;
    Proxy proxy(limited(origin.address(), std::string(limit) + kLong));
    std::vector<Wire> wires = ask_at_once(proxy, 6);
    EXPECT_TRUE(holds(origin, 2));
    EXPECT_TRUE(eventually([&] { return pending(proxy) == 4; })) << limit;
    for (std::uint64_t left = 4; left > 0; --left) {
      origin.let_go();
      EXPECT_TRUE(eventually([&] { return pending(proxy) == left - 1 && origin.inside() == 2; }));
    }
    origin.open();
    EXPECT_TRUE(all_served(wires));
    EXPECT_EQ(origin.most_inside(), 2U) << limit;
    EXPECT_EQ(origin.most_connections(), 2U) << limit;
    EXPECT_EQ(origin.connections_ever(), 2U) << "each is used again";
  }
}

TEST(Limits, AreSharedOutAmongTheWorkers) {
  Gated origin;
  Proxy proxy(limited(origin.address(), std::string("max_requests: 4") + kLong), 2);
  std::vector<Wire> wires = ask_at_once(proxy, 16);
  EXPECT_TRUE(eventually([&] { return pending(proxy) + origin.inside() == 16; }));
  origin.open();
  EXPECT_TRUE(all_served(wires));
  EXPECT_LE(origin.most_inside(), 4U);
}

TEST(Limits, FirstComeFirstServed) {
  Gated origin;
  Proxy proxy(limited(origin.address(), std::string("max_requests: 1") + kLong));
  std::vector<Wire> wires;
  wires.push_back(asks(proxy, get("/first")));
  ASSERT_TRUE(holds(origin, 1));
  std::vector<std::string> order{"/first"};
  for (std::uint64_t i = 0; i < 8; ++i) {
    order.push_back("/" + std::to_string(i));
    wires.push_back(asks_in_vain(proxy, i, get(order.back())));
  }
  origin.open();
  EXPECT_TRUE(all_served(wires));
  EXPECT_EQ(origin.paths(), order);
}

TEST(Limits, HoldForClientsThatPipeline) {
  Gated origin;
  origin.open();
  Proxy proxy(limited(origin.address(), std::string("max_connections: 1") + kLong));
  constexpr int kRequests = 30;
  std::vector<Wire> wires;
  for (int i = 0; i < 4; ++i) wires.push_back(proxy.connect());
  for (std::size_t i = 0; i < wires.size(); ++i) {
    std::string all;
    for (int k = 0; k < kRequests; ++k)
      all += get("/" + std::to_string(i) + "/" + std::to_string(k));
    wires[i].send(all);
  }
  for (int k = 0; k < kRequests; ++k)
    for (std::size_t i = 0; i < wires.size(); ++i)
      EXPECT_EQ(wires[i].read_message().body, "/" + std::to_string(i) + "/" + std::to_string(k));
  EXPECT_EQ(origin.most_inside(), 1U);
  EXPECT_EQ(origin.connections_ever(), 1U);
}

TEST(Limits, ABodyThatComesDuringTheWaitArrivesWhole) {
  std::atomic<bool> go_on{false};
  Origin origin([&](Wire& wire, Origin& self) {
    for (WireMessage request = wire.read_message(); request.complete;
         request = wire.read_message()) {
      self.remember(request);
      eventually([&] { return go_on.load(); });
      wire.send(ok(request.body));
    }
  });
  Proxy proxy(limited(origin.address(), std::string("max_requests: 1") + kLong));
  Wire inside = asks(proxy);
  ASSERT_TRUE(eventually([&] { return origin.requests().size() == 1; }));
  const std::string body = pattern(300'000);
  Wire waits = asks_in_vain(
      proxy, 0, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk("x"));
  go_on = true;
  waits.send(chunk(body) + "0\r\n\r\n");
  EXPECT_EQ(inside.read_message().status(), 200);
  const WireMessage answer = waits.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_TRUE(answer.body == "x" + body);
}

// ---- too many, too long ------------------------------------------------------------------------

TEST(Limits, AFullQueueIs503AndNotTheEndpointsFailure) {
  Gated origin;
  Proxy proxy(limited(origin.address(), std::string("max_requests: 1, max_pending: 1") + kLong));
  Wire inside = asks(proxy);
  ASSERT_TRUE(holds(origin, 1));
  Wire waits = asks_in_vain(proxy, 0);
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
  EXPECT_EQ(kind(answer), "queue_full");
  EXPECT_TRUE(eventually([&] { return failures(proxy, proxy::FailureKind::queue_full) == 1; }));
  EXPECT_EQ(all_outcomes(proxy), 0U);
  origin.open();
  EXPECT_EQ(inside.read_message().status(), 200);
  EXPECT_EQ(waits.read_message().status(), 200);
  EXPECT_TRUE(eventually([&] { return outcomes(proxy, Outcome::success) == 2; }));
  EXPECT_EQ(all_outcomes(proxy), 2U);
}

TEST(Limits, NobodyWaitsWithoutAQueue) {
  Gated origin;
  Proxy proxy(limited(origin.address(), "max_requests: 1, max_pending: 0"));
  Wire wire = asks(proxy);
  ASSERT_TRUE(holds(origin, 1));
  Wire other = proxy.connect();
  for (int i = 0; i < 3; ++i) {
    other.send(get());
    EXPECT_EQ(kind(other.read_message()), "queue_full") << "the connection is kept all the same";
  }
  origin.open();
  EXPECT_EQ(wire.read_message().status(), 200);
  other.send(get());
  EXPECT_EQ(other.read_message().status(), 200);
}

TEST(Limits, AWaitThatTakesTooLongIs503AndNotTheEndpointsFailure) {
  Gated origin;
  Proxy proxy(limited(origin.address(), "max_requests: 1, pending_timeout: 50ms"));
  Wire inside = asks(proxy);
  ASSERT_TRUE(holds(origin, 1));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(kind(answer), "queue_timeout");
  EXPECT_TRUE(eventually([&] { return failures(proxy, proxy::FailureKind::queue_timeout) == 1; }));
  EXPECT_EQ(all_outcomes(proxy), 0U);
  EXPECT_EQ(pending(proxy), 0U);
  origin.open();
  EXPECT_EQ(inside.read_message().status(), 200);
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_EQ(origin.paths().size(), 2U) << "who left the queue was served all the same";
}

TEST(Limits, TheRoutesTimeEndsAWaitToo) {
  Gated origin;
  Proxy proxy("listeners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n  blue: { endpoints: [\"" +
              origin.address() + "\"]" + limits(std::string("max_requests: 1") + kLong) +
              " }\nroutes:\n  - { match: { path: { exact: /in } }, split: { blue: 1 } }\n"
              "  - { split: { blue: 1 }, timeouts: { request: 50ms } }\n");
  Wire inside = asks(proxy, get("/in"));
  ASSERT_TRUE(holds(origin, 1));
  EXPECT_EQ(kind(proxy.ask(get())), "route_timeout");
  EXPECT_EQ(pending(proxy), 0U);
  origin.open();
  EXPECT_EQ(inside.read_message().status(), 200);
  EXPECT_TRUE(eventually([&] { return outcomes(proxy, Outcome::success) == 1; }));
  EXPECT_EQ(all_outcomes(proxy), 1U) << "not the endpoint's failure";
}

// ---- leaving the queue -------------------------------------------------------------------------

TEST(Limits, AClientThatLeavesMakesRoomInTheQueue) {
  Gated origin;
  Proxy proxy(limited(origin.address(), std::string("max_requests: 1, max_pending: 2") + kLong));
  Wire inside = asks(proxy, get("/inside"));
  ASSERT_TRUE(holds(origin, 1));
  Wire leaves = asks_in_vain(proxy, 0, get("/leaves"));
  Wire stays = asks_in_vain(proxy, 1, get("/stays"));
  leaves.reset();
  ASSERT_TRUE(eventually([&] { return pending(proxy) == 1; }));
  Wire comes = asks_in_vain(proxy, 1, get("/comes"));
  origin.open();
  for (Wire* const wire : {&inside, &stays, &comes}) EXPECT_EQ(wire->read_message().status(), 200);
  EXPECT_EQ(origin.paths(), (std::vector<std::string>{"/inside", "/stays", "/comes"}));
  EXPECT_TRUE(eventually([&] { return failures(proxy, proxy::FailureKind::client_gone) == 1; }));
  EXPECT_TRUE(eventually([&] { return outcomes(proxy, Outcome::success) == 3; }));
  EXPECT_EQ(all_outcomes(proxy), 3U) << "it never reached the endpoint";
}

TEST(Limits, ADrainServesWhoWaits) {
  Gated origin;
  Proxy proxy(limited(origin.address(), std::string("max_requests: 1") + kLong));
  Wire inside = asks(proxy);
  ASSERT_TRUE(holds(origin, 1));
  Wire waits = asks_in_vain(proxy, 0);
  proxy.begin_drain();
  origin.open();
  EXPECT_EQ(inside.read_message().status(), 200);
  EXPECT_EQ(waits.read_message().status(), 200);
}

TEST(Limits, AStopEndsTheWait) {
  Gated origin;
  Proxy proxy(limited(origin.address(), std::string("max_requests: 1") + kLong), 2);
  std::vector<Wire> wires = ask_at_once(proxy, 8);
  ASSERT_TRUE(eventually([&] { return pending(proxy) + origin.inside() == 8; }));
  proxy.stop();
  for (Wire& wire : wires) EXPECT_TRUE(wire.closed_by_peer());
  EXPECT_EQ(pending(proxy), 0U);
}

// ---- how places become free --------------------------------------------------------------------

TEST(Limits, AConnectionThatDiesFreesItsPlace) {
  Gated origin;
  Proxy proxy(limited(origin.address(), std::string("max_connections: 1") + kLong,
                      ", retry: { attempts: 0 }"));
  Wire inside = asks(proxy);
  ASSERT_TRUE(holds(origin, 1));
  Wire waits = asks_in_vain(proxy, 0);
  origin.drop();
  EXPECT_EQ(inside.read_message().status(), 502);
  origin.open();
  EXPECT_EQ(waits.read_message().status(), 200);
  EXPECT_EQ(origin.most_connections(), 1U);
}

TEST(Limits, AnIdleConnectionThatDiesFreesItsPlace) {
  Origin closes(answer_and_close(ok()));
  Origin keeps(always(ok()));
  for (const auto& [origin, pool] :
       {std::pair(&closes, ""), std::pair(&keeps, ", pool: { idle_timeout: 1ms }"),
        std::pair(&keeps, ", pool: { max_idle_per_endpoint: 0 }")}) {
    Proxy proxy(
        one_upstream(origin->address(), "", limits("max_connections: 1, max_pending: 0") + pool));
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(proxy.ask(get()).status(), 200) << i;
      EXPECT_TRUE(eventually([&] { return idle(proxy) == 0; }));
    }
  }
}

// It has died without anybody knowing: the request goes out again on a new one, in its own place.
TEST(Limits, AStaleConnectionIsReplacedWithinTheLimit) {
  Origin dies_at_the_second([](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send(ok());
    wire.read_message();
  });
  Proxy proxy(limited(dies_at_the_second.address(), "max_connections: 1, max_pending: 1"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(proxy.ask(get()).status(), 200) << i;
}

TEST(Limits, AnEndpointThatNeverAnswersIsLeftInItsTime) {
  Ear silent;
  Proxy proxy(
      one_upstream(silent.address(), "",
                   limits(std::string("max_requests: 1") + kLong) + ", response_timeout: 100ms"));
  std::vector<Wire> wires = ask_at_once(proxy, 4);
  for (Wire& wire : wires) EXPECT_EQ(kind(wire.read_message()), "response_timeout");
  EXPECT_TRUE(eventually([&] { return outcomes(proxy, Outcome::failure) == 4; }));
  EXPECT_EQ(pending(proxy), 0U);
}

TEST(Limits, ADialHoldsAPlaceUntilItEnds) {
  Unreachable nowhere;
  const unsigned before = nowhere.hanging();
  Proxy proxy(
      one_upstream(nowhere.address(), "",
                   limits(std::string("max_connections: 1") + kLong) + ", connect_timeout: 1m"));
  std::vector<Wire> wires;
  wires.push_back(asks(proxy));
  ASSERT_TRUE(eventually([&] { return nowhere.hanging() == before + 1; }));
  for (std::uint64_t i = 0; i < 2; ++i) wires.push_back(asks_in_vain(proxy, i));
  for (std::uint64_t left = 2; left > 0; --left) {
    EXPECT_EQ(nowhere.hanging(), before + 1) << left;
    wires[2 - left].reset();
    EXPECT_TRUE(eventually([&] { return pending(proxy) == left - 1; }));
    EXPECT_TRUE(eventually([&] { return nowhere.hanging() == before + 1; }));
  }
  wires.back().reset();
  EXPECT_TRUE(eventually([&] { return nowhere.hanging() == before; }));
}

TEST(Limits, ADialThatIsRefusedFreesItsPlace) {
  std::string dead;
  {
    Origin gone(always(ok()));
    dead = gone.address();
  }
  Proxy proxy(limited(dead, "max_requests: 1, max_pending: 0"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(kind(proxy.ask(get())), "connect_failed") << i;
}

}  // namespace
}  // namespace sluice::test
