// Clients that take their time, and those that want more than their share (design row 34).
#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

using std::chrono::milliseconds;

// Sends `drop` again and again until there is an answer.
void drip(Wire& wire, std::string_view drop) {
  for (int drops = 0; drops < 1000 && !wire.wait_readable(milliseconds(20)); ++drops)
    wire.send(drop);
}

TEST(SlowClient, ABodyThatComesInDripsIsGivenUp) {
  Origin origin(always(ok()));
  Proxy proxy(
      one_upstream(origin.address(), ", timeouts: { body: 300ms }, limits: { body_rate: 1MiB }"));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
  drip(wire, "x");
  EXPECT_EQ(wire.read_message().status(), 408);
  EXPECT_TRUE(wire.closed_by_peer());
}

// What is waited for is the upstream, not the client.
TEST(SlowClient, ABodyThatTheUpstreamHoldsUpIsNotSlow) {
  const std::string body = pattern(4u << 20);
  Origin origin([&](Wire& wire, Origin&) {
    wire.read_exactly(1);
    std::this_thread::sleep_for(milliseconds(900));
    wire.read_exactly(body.size());
    wire.send(ok());
    wire.read_to_end();
  });
  Proxy proxy(
      one_upstream(origin.address(), ", timeouts: { body: 300ms }, limits: { body_rate: 1MiB }"));
  Wire wire = proxy.connect();
  wire.send(post(body));
  EXPECT_EQ(wire.read_message().status(), 200);
}

TEST(SlowClient, AHeadThatComesInDripsEndsAtItsDeadline) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address(), ", timeouts: { header: 300ms }"));
  Wire wire = proxy.connect();
  wire.send("GET / HTTP/1.1\r\n");
  drip(wire, "X-Drip: 1\r\n");
  EXPECT_EQ(wire.read_message().status(), 408);
  EXPECT_TRUE(origin.requests().empty());
}

TEST(GreedyClient, IsToldWhichRequestWasItsLast) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address(), ", limits: { requests_per_connection: 3 }"));
  Wire wire = proxy.connect();
  wire.send(get() + get() + get() + get("/too-many"));
  EXPECT_EQ(wire.read_message().field("Connection"), std::nullopt);
  EXPECT_EQ(wire.read_message().field("Connection"), std::nullopt);
  EXPECT_EQ(wire.read_message().field("Connection"), "close");
  EXPECT_EQ(wire.read_to_end(), "");
  EXPECT_EQ(origin.requests().size(), 3U);
}

TEST(GreedyClient, GetsNoMoreConnectionsThanItsShare) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address(), ", limits: { connections_per_client: 2 }"));
  Wire first = proxy.connect();
  Wire second = proxy.connect();
  for (Wire* const wire : {&first, &second}) {
    wire->send(get());
    EXPECT_EQ(wire->read_message().status(), 200);
  }
  Wire third = proxy.connect();
  EXPECT_TRUE(third.closed_by_peer());
  first.close();
  const auto& admission = proxy.plane().listeners().front()->address->admission();
  ASSERT_TRUE(eventually([&] { return admission.connections() == 1; }));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
}

}  // namespace
}  // namespace sluice::test
