// Upstreams that refuse, stall, lie or die, and clients that go away.
#include <atomic>
#include <future>
#include <thread>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"
#include "tests/support/unreachable.hpp"

namespace sluice::test {
namespace {

using namespace std::chrono_literals;

// An address on which nobody listens: it was bound and let go again.
std::string dead_address() {
  Origin gone(always(ok()));
  return gone.address();
}

// ---- bad responses, row 26 ---------------------------------------------------------------------

struct BadResponse {
  const char* name;
  std::string bytes;
};

void PrintTo(const BadResponse& response, std::ostream* out) {
  *out << response.name;
}

std::string response(const std::string& fields) {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\nevil";
}

class BadResponses : public ::testing::TestWithParam<BadResponse> {};

TEST_P(BadResponses, AreAnswered502AndNothingOfThemIsForwarded) {
  for (const std::size_t at_a_time : {100'000U, 1U, 3U}) {
    if (at_a_time < 100 && GetParam().bytes.size() > 1000) continue;
    Origin origin([&](Wire& wire, Origin& self) {
      self.remember(wire.read_message());
      wire.send_slowly(GetParam().bytes, at_a_time);
      wire.read_to_end();
    });
    Proxy proxy(one_upstream(origin.address()));
    Wire wire = proxy.connect();
    wire.send(get("/", "X: evil\r\n"));
    const WireMessage answer = wire.read_message();
    EXPECT_EQ(answer.status(), 502) << answer.head;
    EXPECT_EQ(kind(answer), "bad_response");
    EXPECT_EQ(answer.body.find("evil"), std::string::npos);
    // The client did nothing wrong and stays; the upstream's connection does not.
    wire.send(get());
    EXPECT_EQ(wire.read_message().status(), 502);
    EXPECT_EQ(origin.connections(), 2U);
  }
}

using namespace std::string_literals;
INSTANTIATE_TEST_SUITE_P(
    Table, BadResponses,
    ::testing::Values(
        BadResponse{"BothFramings",
                    response("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n")},
        BadResponse{"TwoLengths", response("Content-Length: 4\r\nContent-Length: 4\r\n")},
        BadResponse{"BadLength", response("Content-Length: 4x\r\n")},
        BadResponse{"NegativeLength", response("Content-Length: -4\r\n")},
        BadResponse{"UnknownCoding", response("Transfer-Encoding: gzip, chunked\r\n")},
        BadResponse{"FoldedLine", response("X: a\r\n b\r\n")},
        BadResponse{"NulInValue", response("X: a\0b\r\n"s)},
        BadResponse{"SpaceBeforeColon", response("Content-Length : 4\r\n")},
        BadResponse{"BareCr", response("X: a\rb\r\n")},
        BadResponse{"BareLf", "HTTP/1.1 200 OK\nContent-Length: 4\n\nevil"},
        BadResponse{"EncodingInOldVersion",
                    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        BadResponse{"NotHttp", "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
        BadResponse{"Version2", "HTTP/2.0 200 OK\r\n\r\n"},
        BadResponse{"StatusOfTwoDigits", "HTTP/1.1 20 OK\r\n\r\n"},
        BadResponse{"StatusBeyondRange", "HTTP/1.1 600 OK\r\n\r\n"},
        BadResponse{"ControlInReason", "HTTP/1.1 200 O\x01K\r\nContent-Length: 4\r\n\r\nevil"},
        BadResponse{"SwitchingUnasked", "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"},
        BadResponse{"HeadTooLarge", response("X: " + std::string(40'000, 'a') + "\r\n")}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(BadChunks, ThatCameWithTheHeadAreAnswered502) {
  Origin origin(
      answer_and_hold("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x4\r\nevil"));
  Proxy proxy(one_upstream(origin.address()));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 502);
  EXPECT_EQ(answer.body.find("evil"), std::string::npos);
}

// ---- refused, unresolvable ---------------------------------------------------------------------

TEST(ConnectRefused, WithoutAnotherEndpointIs502) {
  Proxy proxy(one_upstream(dead_address()));
  Wire wire = proxy.connect();
  for (int i = 0; i < 2; ++i) {
    wire.send(get());
    const WireMessage answer = wire.read_message();
    EXPECT_EQ(answer.status(), 502);
    EXPECT_EQ(kind(answer), "connect_failed");
  }
}

// Nothing was sent, so that a POST may go elsewhere too, with its body, however large.
TEST(ConnectRefused, TheOtherEndpointIsTriedWhateverTheMethod) {
  Origin origin(always(ok()));
  Proxy proxy("listeners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n  blue: { endpoints: [\"" +
              dead_address() + "\", \"" + origin.address() +
              "\"] }\nroutes: [{ split: { blue: 1 } }]\n");
  const std::string body = pattern(200'000);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(proxy.ask(get()).status(), 200);
    EXPECT_EQ(proxy.ask(post(body)).status(), 200);
    EXPECT_TRUE(origin.requests().back().body == body);
  }
}

// A third attempt must not go back to the endpoint of the first.
TEST(ConnectRefused, EveryEndpointIsTriedBeforeOneIsTriedTwice) {
  Origin origin(always(ok()));
  for (const char* balance : {"round_robin", "least_request"}) {
    Proxy proxy("listeners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n  blue: { endpoints: [\"" +
                dead_address() + "\", \"" + dead_address() + "\", \"" + origin.address() +
                "\"], balance: " + balance + " }\nroutes: [{ split: { blue: 1 } }]\n");
    for (int i = 0; i < 20; ++i) EXPECT_EQ(proxy.ask(get()).status(), 200) << balance;
  }
}

TEST(Unresolved, NoEndpointIs503WithAProblemDocument) {
  Proxy proxy(one_upstream("nowhere.invalid:80"));
  proxy.resolved("nowhere.invalid", {});
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.field("Content-Type"), "application/problem+json");
  EXPECT_EQ(kind(answer), "no_endpoint");
}

TEST(NoRoute, Is404WithAProblemDocument) {
  Proxy proxy(one_upstream(dead_address(), "", "", ", match: { hosts: [other.example] }"));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 404);
  EXPECT_EQ(kind(answer), "no_route");
}

// ---- silence -----------------------------------------------------------------------------------

TEST(ResponseTimeout, SilentUpstreamIs504) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address(), "", ", response_timeout: 200ms"));
  for (const std::string& request : {get(), post("body")}) {
    const WireMessage answer = proxy.ask(request);
    EXPECT_EQ(answer.status(), 504);
    EXPECT_EQ(kind(answer), "response_timeout");
  }
}

TEST(ResponseTimeout, HoldsWhenTheBodyWasStillComingAfterTheHead) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address(), "", ", response_timeout: 200ms"));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
  ASSERT_TRUE(eventually([&] { return ear.heard().ends_with("hello"); }));
  wire.send("world");
  EXPECT_EQ(wire.read_message().status(), 504);
}

// The deadline must survive a piece of the head: it is the whole head's.
TEST(ResponseTimeout, HoldsWhenOnlyPartOfTheHeadComesAfterTheBody) {
  Origin origin([](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 200 OK\r\nX: ");
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address(), "", ", response_timeout: 300ms"));
  for (const bool in_two : {false, true}) {
    Wire wire = proxy.connect();
    wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    if (in_two) wire.send_slowly("worl", 1);
    wire.send(in_two ? "d" : "world");
    const WireMessage answer = wire.read_message();
    EXPECT_EQ(answer.status(), 504) << in_two;
  }
}

TEST(ResponseTimeout, WithinABodyBreaksTheTransfer) {
  Origin origin(answer_and_hold("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"));
  Proxy proxy(one_upstream(origin.address(), "", ", response_timeout: 200ms"));
  Wire wire = proxy.connect();
  wire.send(get());
  EXPECT_FALSE(wire.read_message().complete);
  EXPECT_TRUE(wire.was_reset());
}

TEST(RouteTimeout, CoversTheWholeRequest) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address(), "", "", ", timeouts: { request: 200ms }"));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 504);
  EXPECT_EQ(kind(answer), "route_timeout");
}

TEST(ConnectTimeout, Is504) {
  Unreachable nowhere;
  Proxy proxy(one_upstream(nowhere.address(), "", ", connect_timeout: 200ms"));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 504);
  EXPECT_EQ(kind(answer), "connect_timeout");
}

TEST(RouteTimeout, EndsADialAtItsTime) {
  Unreachable nowhere;
  Proxy proxy(one_upstream(nowhere.address(), "", ", connect_timeout: 5s",
                           ", timeouts: { request: 200ms }"));
  const auto began = std::chrono::steady_clock::now();
  const WireMessage answer = proxy.ask(get());
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  EXPECT_EQ(answer.status(), 504);
  EXPECT_EQ(kind(answer), "route_timeout");
  EXPECT_NE(answer.body.find("the route's time"), std::string::npos) << answer.body;
}

TEST(RouteTimeout, WithinABodyBreaksTheTransferHoweverItDrips) {
  Origin origin([](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (wire.send("x")) std::this_thread::sleep_for(5ms);
  });
  Proxy proxy(one_upstream(origin.address(), "", "", ", timeouts: { request: 300ms }"));
  Wire wire = proxy.connect();
  wire.send(get());
  EXPECT_FALSE(wire.read_message().complete);
  EXPECT_TRUE(wire.was_reset());
}

TEST(BodyTimeout, AStallingUploadIs408AndItsUpstreamIsLetGo) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address(), ", timeouts: { body: 200ms }"));
  for (const char* sent : {"", "hello"}) {
    Wire wire = proxy.connect();
    wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n" + std::string(sent));
    const WireMessage answer = wire.read_message();
    EXPECT_EQ(answer.status(), 408);
    EXPECT_EQ(answer.field("Connection"), "close");
  }
  EXPECT_TRUE(ear.wait_until_left());
}

// ---- clients that go away, row 36 --------------------------------------------------------------

TEST(ClientReset, CancelsTheUpstreamRequest) {
  Ear ear;
  Proxy proxy(one_upstream(ear.address()));
  Wire wire = proxy.connect();
  wire.send(get());
  ASSERT_TRUE(eventually([&] { return ear.heard().ends_with("\r\n\r\n"); }));
  wire.reset();
  EXPECT_TRUE(ear.wait_until_left());
}

TEST(ClientReset, EndsADial) {
  Unreachable nowhere;
  const unsigned before = nowhere.hanging();
  Proxy proxy(one_upstream(nowhere.address(), "", ", connect_timeout: 30s"));
  Wire wire = proxy.connect();
  wire.send(get());
  ASSERT_TRUE(eventually([&] { return nowhere.hanging() > before; }));
  wire.reset();
  EXPECT_TRUE(eventually([&] { return nowhere.hanging() == before; }));
}

// Our FIN has been acknowledged, and the worker has looked at its sockets since: a function that is
// posted after another has run finds what was there before that one handled.
bool fin_was_noticed(const Wire& wire, Proxy& proxy) {
  const bool acknowledged = eventually([&] {
    tcp_info info{};
    socklen_t length = sizeof info;
    ::getsockopt(wire.descriptor(), IPPROTO_TCP, TCP_INFO, &info, &length);
    return info.tcpi_state == TCP_FIN_WAIT2;
  });
  for (int i = 0; i < 2; ++i) {
    std::promise<void> looked;
    proxy.on_worker([&] { looked.set_value(); });
    looked.get_future().wait();
  }
  return acknowledged;
}

TEST(ClientFin, AfterTheRequestIsNoAbort) {
  std::atomic<bool> noticed{false};
  Origin origin([&](Wire& wire, Origin&) {
    while (wire.read_message().complete) {
      eventually([&] { return noticed.load(); });
      wire.send(ok("still here"));
    }
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get());
  wire.shutdown_write();
  noticed = fin_was_noticed(wire, proxy);
  ASSERT_TRUE(noticed);
  const WireMessage answer = wire.read_message();
  EXPECT_TRUE(answer.complete);
  EXPECT_EQ(answer.body, "still here");
  EXPECT_TRUE(wire.closed_by_peer());
}

TEST(ClientFin, WithinTheBodyNeverEndsTheMessageUpstream) {
  for (const std::string& request :
       {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello"s,
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"s}) {
    Ear ear;
    Proxy proxy(one_upstream(ear.address()));
    Wire wire = proxy.connect();
    wire.send(request);
    wire.shutdown_write();
    EXPECT_TRUE(wire.closed_by_peer());
    EXPECT_TRUE(ear.wait_until_left());
    EXPECT_EQ(ear.heard().find("0\r\n\r\n"), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::test
