// What comes before a connection's first request: who the client is said to be, by whom; and where
// plain requests are sent.
#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

const std::string kAccepts = ", proxy_protocol: accept, trusted_proxies: [127.0.0.1]";
const std::string kLine = "PROXY TCP4 10.9.8.7 192.0.2.1 4711 80\r\n";
// The same in version 2.
const std::string kBinary = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c", 16) +
                            std::string("\x0a\x09\x08\x07\xc0\x00\x02\x01\x12\x67\x00\x50", 12);

struct Rig {
  Origin origin{always(ok())};
  Proxy proxy;
  explicit Rig(const std::string& listener, const std::string& upstream = "")
      : proxy(one_upstream(origin.address(), listener, upstream)) {}
  // First X-Forwarded-For that reached the upstream.
  std::string forwarded_for() {
    const auto requests = origin.requests();
    return requests.empty() ? "" : requests.front().field("X-Forwarded-For").value_or("");
  }
};

TEST(ProxyProtocolIn, ATrustedHopSaysWhoTheClientIs) {
  for (const std::string& header : {kLine, kBinary}) {
    Rig rig(kAccepts);
    EXPECT_EQ(rig.proxy.ask(header + get()).status(), 200);
    EXPECT_EQ(rig.forwarded_for(), "10.9.8.7");
  }
}

TEST(ProxyProtocolIn, InPiecesToo) {
  for (const std::string& header : {kLine, kBinary}) {
    Rig rig(kAccepts);
    Wire wire = rig.proxy.connect();
    ASSERT_TRUE(wire.send_slowly(header + get(), 7));
    EXPECT_EQ(wire.read_message().status(), 200);
    EXPECT_EQ(rig.forwarded_for(), "10.9.8.7");
  }
}

// The hop is trusted, not whom it brings.
TEST(ProxyProtocolIn, TheClientBehindItIsAStranger) {
  Rig rig(kAccepts);
  EXPECT_EQ(rig.proxy
                .ask(kLine + get("/",
                                 "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
                                 "X-Forwarded-Client-Cert: Hash=00\r\n"))
                .status(),
            200);
  EXPECT_EQ(rig.forwarded_for(), "10.9.8.7");
  const WireMessage request = rig.origin.requests().front();
  EXPECT_EQ(request.field("X-Forwarded-Proto"), "http");
  EXPECT_FALSE(request.field("X-Forwarded-Client-Cert"));
}

TEST(ProxyProtocolIn, AHopThatSpeaksForItselfIsItself) {
  Rig rig(kAccepts);
  EXPECT_EQ(rig.proxy.ask("PROXY UNKNOWN\r\n" + get()).status(), 200);
  EXPECT_EQ(rig.forwarded_for(), "127.0.0.1");
}

TEST(ProxyProtocolIn, AStrangerIsNotBelieved) {
  Rig rig(", proxy_protocol: accept, trusted_proxies: [10.0.0.0/8]");
  for (const std::string& header : {kLine, kBinary})
    EXPECT_EQ(rig.proxy.ask(header + get()).status(), 400);
  EXPECT_TRUE(rig.origin.requests().empty());
  EXPECT_EQ(rig.proxy.ask(get()).status(), 200);
  EXPECT_EQ(rig.forwarded_for(), "127.0.0.1");
}

TEST(ProxyProtocolIn, ATrustedHopMustSayIt) {
  Rig rig(kAccepts);
  Wire wire = rig.proxy.connect();
  wire.send(get());
  EXPECT_TRUE(wire.closed_by_peer());
  EXPECT_TRUE(rig.origin.requests().empty());
  EXPECT_EQ(rig.proxy.plane().listeners()[0]->counts->bad_proxy_headers.load(), 1U);
}

TEST(ProxyProtocolIn, HasADeadlineThatDripsDoNotMove) {
  Rig rig(kAccepts + ", timeouts: { handshake: 200ms }");
  Wire wire = rig.proxy.connect();
  wire.send("PROXY TC");
  EXPECT_TRUE(wire.closed_by_peer());
  EXPECT_TRUE(rig.origin.requests().empty());
}

// The hop brings many: the limit for each client is theirs.
TEST(ProxyProtocolIn, LimitsAreTheClients) {
  Rig rig(kAccepts + ", limits: { connections_per_client: 1 }");
  Wire first = rig.proxy.connect();
  first.send(kLine + get());
  EXPECT_EQ(first.read_message().status(), 200);
  Wire other = rig.proxy.connect();
  other.send("PROXY TCP4 10.9.8.8 192.0.2.1 4711 80\r\n" + get());
  EXPECT_EQ(other.read_message().status(), 200);
  Wire again = rig.proxy.connect();
  again.send(kLine + get());
  EXPECT_TRUE(again.closed_by_peer());
}

// Out by one proxy, in by the next.
TEST(ProxyProtocolOut, TheNextHopHearsWhoTheClientIs) {
  for (const std::string version : {"v1", "v2"}) {
    Rig next(kAccepts);
    Proxy first(one_upstream("127.0.0.1:" + std::to_string(next.proxy.port()), kAccepts,
                             ", send_proxy: " + version));
    Wire wire = first.connect();
    wire.send(kLine);
    for (int i = 0; i < 3; ++i) {
      wire.send(get());
      EXPECT_EQ(wire.read_message().status(), 200) << version;
    }
    for (const WireMessage& request : next.origin.requests())
      EXPECT_EQ(request.field("X-Forwarded-For"), "10.9.8.7") << version;
    const auto& address = *next.proxy.plane().listeners()[0]->address;
    EXPECT_TRUE(eventually([&] { return address.connections(0) == 0; }));  // none is kept
  }
}

TEST(RedirectHttp, SendsWhatComesPlainToHttps) {
  Rig rig(", redirect_http: true, trusted_proxies: [127.0.0.1]");
  const WireMessage answer = rig.proxy.ask(get("/a?b=c"));
  EXPECT_EQ(answer.status(), 308);
  EXPECT_EQ(answer.field("Location"), "https://shop.example/a?b=c");
  EXPECT_TRUE(rig.origin.requests().empty());
  EXPECT_EQ(rig.proxy.ask("GET /x HTTP/1.1\r\nHost: shop.example:8080\r\n\r\n").field("Location"),
            "https://shop.example/x");
  EXPECT_EQ(rig.proxy.ask("GET /x HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n").field("Location"),
            "https://[::1]/x");
  EXPECT_EQ(rig.proxy.ask(get("/", "X-Forwarded-Proto: https\r\n")).status(), 200);
}

}  // namespace
}  // namespace sluice::test
