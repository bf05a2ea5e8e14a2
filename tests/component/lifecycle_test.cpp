// Reload, drain, limits, and the kinds of addresses: what surrounds the requests.
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

std::string socket_path(const char* name) {
  return "/tmp/sluice-test-" + std::to_string(::getpid()) + "-" + name;
}

// ---- addresses ---------------------------------------------------------------------------------

TEST(Addresses, Ipv6OnBothSides) {
  Origin origin(echo(), "::1");
  Proxy proxy("listeners: [{ bind: \"[::1]:0\" }]\nupstreams:\n  blue: { endpoints: [\"" +
              origin.address() + "\"] }\nroutes: [{ split: { blue: 1 } }]\n");
  Wire wire = Wire::connect(proxy.port(), "::1");
  wire.send("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_NE(answer.body.find("Host: [::1]:80\r\n"), std::string::npos);
  EXPECT_NE(answer.body.find("X-Forwarded-For: ::1\r\n"), std::string::npos) << answer.body;
}

TEST(Addresses, UnixSocketsOnBothSides) {
  const std::string front = socket_path("front");
  Origin origin(echo(), "unix:" + socket_path("back"));
  {
    Proxy proxy("listeners: [{ bind: \"unix:" + front +
                    "\" }]\nupstreams:\n  blue: { endpoints: [\"" + origin.address() +
                    "\"] }\nroutes: [{ split: { blue: 1 } }]\n",
                2);
    for (int i = 0; i < 8; ++i) {
      Wire wire = Wire::connect_unix(front);
      ASSERT_TRUE(wire.open());
      for (int k = 0; k < 3; ++k) {
        wire.send(post(pattern(100'000)));
        const WireMessage answer = wire.read_message();
        EXPECT_EQ(answer.status(), 200);
        EXPECT_TRUE(answer.body.ends_with(pattern(100'000)));
        EXPECT_NE(answer.body.find("X-Forwarded-For: unix\r\n"), std::string::npos);
      }
    }
  }
  EXPECT_NE(::access(front.c_str(), F_OK), 0) << "the socket file was left behind";
}

// ---- limits ------------------------------------------------------------------------------------

TEST(ConnectionLimit, OneMoreIsClosedAndAFreedPlaceIsTaken) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address(), ", limits: { connections: 2 }"));
  std::vector<Wire> wires;
  for (int i = 0; i < 2; ++i) {
    wires.push_back(proxy.connect());
    wires.back().send(get());
    EXPECT_EQ(wires.back().read_message().status(), 200);
  }
  Wire third = proxy.connect();
  EXPECT_TRUE(third.closed_by_peer());
  wires[0].send(get());
  EXPECT_EQ(wires[0].read_message().status(), 200) << "those inside must not suffer";
  wires.pop_back();
  EXPECT_TRUE(eventually([&] {
    Wire wire = proxy.connect();
    return wire.send(get()) && wire.read_message().status() == 200;
  }));
}

TEST(WriteTimeout, AClientThatTakesNothingIsLetGo) {
  Origin origin(always(ok(pattern(30 << 20))));
  Proxy proxy(one_upstream(origin.address(), ", timeouts: { write: 300ms }"));
  Wire wire = proxy.connect();
  wire.send(get());
  const auto& address = *proxy.plane().listeners().front()->address;
  EXPECT_TRUE(eventually([&] { return address.admission().connections() == 1; }));
  EXPECT_TRUE(eventually([&] { return address.admission().connections() == 0; }));
  EXPECT_FALSE(wire.read_message().complete);
}

// ---- reload ------------------------------------------------------------------------------------

TEST(Reload, AppliesToTheNextRequestOfAKeptConnection) {
  Origin blue(echo("blue"));
  Origin green(echo("green"));
  Proxy proxy(one_upstream(blue.address()), 2);
  Wire wire = proxy.connect();
  for (int i = 0; i < 10; ++i) {
    const bool to_green = i % 2 == 1;
    proxy.reload(one_upstream(to_green ? green.address() : blue.address()));
    wire.send(get());
    EXPECT_EQ(wire.read_message().field("X-Backend"), to_green ? "green" : "blue") << i;
  }
}

// The request that runs keeps the routes that it began with, also when all else has changed.
TEST(Reload, DoesNotTouchTheRequestThatRuns) {
  std::atomic<bool> go_on{false};
  Origin slow([&](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    eventually([&] { return go_on.load(); });
    wire.send("def");
    wire.read_to_end();
  });
  Origin other(echo("other"));
  Proxy proxy(one_upstream(slow.address()));
  Wire wire = proxy.connect();
  wire.send(get());
  ASSERT_TRUE(wire.wait_readable(kPatience));
  for (int i = 0; i < 5; ++i) proxy.reload(one_upstream(other.address()));
  go_on = true;
  const WireMessage answer = wire.read_message();
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, "abcdef");
  wire.send(get());
  EXPECT_EQ(wire.read_message().field("X-Backend"), "other");
}

TEST(Reload, WhileAConnectionIsBeingOpenedAndRetried) {
  Origin good(always(ok()));
  std::string dead;
  {
    Origin gone(always(ok()));
    dead = gone.address();
  }
  const std::string both =
      "listeners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n  blue: { endpoints: [\"" + dead +
      "\", \"" + good.address() + "\"] }\nroutes: [{ split: { blue: 1 } }]\n";
  Proxy proxy(both);
  std::atomic<bool> stop{false};
  std::thread client([&] {
    while (!stop) EXPECT_EQ(proxy.ask(get()).status(), 200);
  });
  for (int i = 0; i < 50; ++i) proxy.reload(i % 2 == 0 ? one_upstream(good.address()) : both);
  stop = true;
  client.join();
}

// ---- drain -------------------------------------------------------------------------------------

TEST(Drain, ClosesTheIdleAndRefusesTheNew) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  Wire used = proxy.connect();
  used.send(get());
  EXPECT_EQ(used.read_message().status(), 200);
  Wire fresh = proxy.connect();
  const auto& address = *proxy.plane().listeners().front()->address;
  EXPECT_TRUE(eventually([&] { return address.admission().connections() == 2; }));
  proxy.begin_drain();
  EXPECT_TRUE(used.closed_by_peer());
  EXPECT_TRUE(fresh.closed_by_peer());
  EXPECT_FALSE(used.was_reset());
}

TEST(Drain, LetsTheActiveFinishAndTellsThem) {
  std::atomic<bool> go_on{false};
  Origin origin([&](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    eventually([&] { return go_on.load(); });
    wire.send(ok("finished"));
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire active = proxy.connect();
  active.send(get() + get("/second"));
  ASSERT_TRUE(eventually([&] { return origin.connections() == 1; }));
  proxy.begin_drain();
  Wire idle = proxy.connect();
  // A handshake that ends while the kernel takes the listener down leaves a client that believes
  // in a connection nobody else knows (seen with ss): only what it sends is answered, by a reset.
  if (idle.open()) idle.send("\r\n");
  EXPECT_TRUE(!idle.open() || idle.closed_by_peer());
  go_on = true;
  const WireMessage answer = active.read_message();
  EXPECT_EQ(answer.body, "finished");
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_EQ(active.read_to_end(), "") << "a second request was served";
}

// What a client has sent before the stop began is served, whoever accepts it and whenever.
TEST(Drain, ServesWhatHasArrivedBeforeIt) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address()), 2);
  Wire used = proxy.connect();
  used.send(get());
  EXPECT_EQ(used.read_message().status(), 200);
  std::vector<Wire> wires;
  for (int i = 0; i < 40; ++i) {
    wires.push_back(proxy.connect());
    wires.back().send(get());
  }
  used.send(get());
  proxy.begin_drain();
  for (Wire& wire : wires) EXPECT_EQ(wire.read_message().status(), 200);
  EXPECT_EQ(used.read_message().status(), 200);
}

// The head went out before the drain began and promised nothing: the end of its response must
// still be the end of the connection, not the idle timeout.
TEST(Drain, EndsAConnectionWhoseResponseBeganBeforeIt) {
  std::atomic<bool> go_on{false};
  Origin origin([&](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc");
    eventually([&] { return go_on.load(); });
    wire.send("def");
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get());
  ASSERT_TRUE(wire.wait_readable(kPatience));
  std::atomic<bool> drained{false};
  proxy.plane().begin_drain([&] { drained = true; });
  go_on = true;
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.body, "abcdef");
  EXPECT_TRUE(wire.closed_by_peer()) << "still open";
  EXPECT_FALSE(wire.was_reset());
  wire.close();
  EXPECT_TRUE(eventually([&] { return drained.load(); }));
  proxy.stop();
}

TEST(Stop, EndsEverythingThatIsStillRunning) {
  Ear ear;
  Origin tunnels([](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n");
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(ear.address()), 2);
  Wire waiting = proxy.connect();
  waiting.send(get());
  Wire uploading = proxy.connect();
  uploading.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello");
  Wire half = proxy.connect();
  half.send("GET / HT");
  Wire idle = proxy.connect();
  proxy.reload(one_upstream(tunnels.address()));
  Wire tunnel = proxy.connect();
  tunnel.send(get("/", "Connection: Upgrade\r\nUpgrade: x\r\n"));
  EXPECT_EQ(tunnel.read_message().status(), 101);
  proxy.stop();
  for (Wire* const wire : {&waiting, &uploading, &half, &idle, &tunnel})
    EXPECT_TRUE(wire->closed_by_peer());
  EXPECT_TRUE(ear.wait_until_left());
}

}  // namespace
}  // namespace sluice::test
