// Upgrades: a tunnel only after 101, byte for byte both ways, each way with its own end. Row 19.
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

const std::string kOffer = get("/ws",
                               "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                               "Sec-WebSocket-Key: x\r\n");
const std::string kSwitch =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: y\r\n\r\n";

// Switches, says `greeting` in the same packet, then sends everything back until the client's end.
Origin::Script mirror(std::string greeting = "") {
  return [greeting = std::move(greeting)](Wire& wire, Origin& self) {
    const WireMessage request = wire.read_message();
    if (!request.complete) return;
    self.remember(request);
    wire.send(kSwitch + greeting);
    for (std::string got = wire.read_exactly(1); !got.empty(); got = wire.read_exactly(1))
      wire.send(got);
    wire.send("farewell");
  };
}

TEST(Tunnel, OffersAndSwitchesWithTheRightFields) {
  Origin origin(mirror());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(kOffer);
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 101);
  EXPECT_EQ(answer.field("Connection"), "Upgrade");
  EXPECT_EQ(answer.field("Upgrade"), "websocket");
  EXPECT_EQ(answer.field("Sec-WebSocket-Accept"), "y");
  const auto requests = origin.requests();
  EXPECT_EQ(requests.at(0).fields("Connection"), std::vector<std::string>{"Upgrade"});
  EXPECT_EQ(requests.at(0).field("Upgrade"), "websocket");
  EXPECT_EQ(requests.at(0).field("Sec-WebSocket-Key"), "x");
}

TEST(Tunnel, CarriesBytesBothWaysAndHalfCloses) {
  Origin origin(mirror("hello"));
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(kOffer);
  ASSERT_EQ(wire.read_message().status(), 101);
  EXPECT_EQ(wire.read_exactly(5), "hello");
  wire.send("ping");
  EXPECT_EQ(wire.read_exactly(4), "ping");
  wire.shutdown_write();
  EXPECT_EQ(wire.read_to_end(), "farewell") << "the other way must outlive the client's end";
  EXPECT_FALSE(wire.was_reset());
}

TEST(Tunnel, TheUpstreamsEndReachesTheClientWhichMayGoOn) {
  std::string heard;
  std::atomic<bool> done{false};
  Origin origin([&](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send(kSwitch + "bye");
    wire.shutdown_write();
    heard = wire.read_to_end();
    done = true;
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(kOffer);
  ASSERT_EQ(wire.read_message().status(), 101);
  EXPECT_EQ(wire.read_to_end(), "bye");
  wire.send("last words");
  wire.shutdown_write();
  ASSERT_TRUE(eventually([&] { return done.load(); }));
  EXPECT_EQ(heard, "last words");
}

TEST(Tunnel, MegabytesBothWaysAtOnce) {
  Origin origin(mirror());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(kOffer);
  ASSERT_EQ(wire.read_message().status(), 101);
  const std::string bytes = pattern(200'000);
  std::thread sender([&] {
    wire.send(bytes);
    wire.shutdown_write();
  });
  const std::string back = wire.read_to_end();
  sender.join();
  EXPECT_TRUE(back == bytes + "farewell");
}

TEST(Tunnel, AResetOnOneSideEndsTheOther) {
  std::atomic<bool> ended{false};
  Origin origin([&](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send(kSwitch);
    wire.read_to_end();
    ended = true;
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(kOffer);
  ASSERT_EQ(wire.read_message().status(), 101);
  wire.reset();
  EXPECT_TRUE(eventually([&] { return ended.load(); }));
}

// A cut tunnel must not look like one that was closed, neither to the client nor in the books.
TEST(Tunnel, AResetOfTheUpstreamIsOneForTheClientToo) {
  Origin origin([](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send(kSwitch);
    wire.read_exactly(4);
    wire.reset();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(kOffer);
  ASSERT_EQ(wire.read_message().status(), 101);
  wire.send("ping");
  EXPECT_TRUE(wire.closed_by_peer());
  EXPECT_TRUE(wire.was_reset());
  const auto* const endpoint = proxy.plane().shards()[0]->endpoints.find(0);
  const auto failures = static_cast<std::size_t>(telemetry::Outcome::failure);
  EXPECT_TRUE(eventually([&] { return endpoint->outcomes[failures].load() == 1; }));
}

// What a client sends before the switch waits for it; it is no request.
TEST(Tunnel, EarlyBytesOfTheClientGoThroughAfterTheSwitch) {
  Origin origin(mirror());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(kOffer + "early");
  ASSERT_EQ(wire.read_message().status(), 101);
  EXPECT_EQ(wire.read_exactly(5), "early");
}

// CVE-2024-23326's trick: without 101 there is no tunnel, and what follows is the next request.
TEST(Upgrade, AnsweredWith200IsANormalResponse) {
  Origin origin(always(ok("plain")));
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(kOffer + get("/second"));
  EXPECT_EQ(wire.read_message().body, "plain");
  EXPECT_EQ(wire.read_message().body, "plain");
  const auto requests = origin.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].first_line(), "GET /second HTTP/1.1");
  EXPECT_TRUE(requests[1].field("X-Request-Id")) << "it went through a tunnel";
}

TEST(Upgrade, WithoutTheConnectionOptionIsNoOffer) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get("/", "Upgrade: websocket\r\n")).status(), 200);
  EXPECT_FALSE(origin.requests().at(0).field("Upgrade"));
}

TEST(Upgrade, OfAnOldClientIsNoOffer) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(
      proxy.ask("GET / HTTP/1.0\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").status(),
      200);
  EXPECT_FALSE(origin.requests().at(0).field("Upgrade"));
}

TEST(Tunnel, ThatIsQuietIsClosedOnBothSides) {
  Origin origin(mirror());
  Proxy proxy(one_upstream(origin.address(), "", "", ", timeouts: { tunnel: 200ms }"));
  Wire wire = proxy.connect();
  wire.send(kOffer);
  EXPECT_EQ(wire.read_message().status(), 101);
  wire.send("hello");
  EXPECT_EQ(wire.read_exactly(5), "hello");
  EXPECT_TRUE(wire.closed_by_peer());
  const auto* const endpoint = proxy.plane().shards()[0]->endpoints.find(0);
  EXPECT_TRUE(eventually([&] { return endpoint->connections_active.load() == 0; }));
}

// A route's limit on a request is not one on the conversation that follows it.
TEST(Tunnel, OutlivesTheRoutesRequestTimeout) {
  Origin origin(mirror());
  Proxy proxy(one_upstream(origin.address(), "", "", ", timeouts: { request: 200ms }"));
  Wire wire = proxy.connect();
  wire.send(kOffer);
  ASSERT_EQ(wire.read_message().status(), 101);
  EXPECT_FALSE(wire.wait_readable(std::chrono::milliseconds(500))) << "the tunnel was cut";
  wire.send("ping");
  EXPECT_EQ(wire.read_exactly(4), "ping");
}

}  // namespace
}  // namespace sluice::test
