// TLS towards upstreams: the proxy is its own upstream, through a second listener that speaks TLS.
#include <gtest/gtest.h>

#include "tests/support/certificates.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

struct Files {
  TempFolder folder;
  Authority authority{folder};
  Files() {
    authority.issue("site", "site.example,127.0.0.1");
    authority.issue("us", "us.example");
  }
};
const Files& files() {
  static const Files made;
  return made;
}
const std::string kCa = "ca: \"" + files().authority.pem() + "\"";

// What the upstream's side of TLS says, and more of the upstream and of the listener.
struct Loop {
  std::string tls = kCa + ", server_name: site.example";
  std::string upstream = "";
  std::string listener = "";

  std::string yaml(const Origin& origin, std::uint16_t port) const {
    const std::string address = "127.0.0.1:" + std::to_string(port);
    return "listeners:\n  - { name: plain, bind: \"127.0.0.1:0\" }\n"
           "  - { name: secure, bind: \"" +
           address + "\", tls: { certificates: [" + files().authority.pair("site") + "]" +
           listener + " } }\nupstreams:\n  inner: { endpoints: [\"" + origin.address() +
           "\"] }\n  secure: { endpoints: [\"" + address + "\"], tls: { " + tls + " }" + upstream +
           " }\nroutes:\n  - { name: inner, match: { hosts: [inner.example] }, split: { inner: 1 } "
           "}\n"
           "  - { name: outer, split: { secure: 1 }, rewrite: { host: inner.example } }\n";
  }
};

struct Rig {
  Origin origin{always(ok())};
  std::uint16_t secure_port = free_port();
  Proxy proxy;
  explicit Rig(const Loop& loop) : proxy(loop.yaml(origin, secure_port)) {}
  const proxy::Listener& secure() { return *proxy.plane().listeners()[1]; }
  std::uint64_t handshakes() {
    return secure().counts->handshakes.of(net::tls::HandshakeFailure::none);
  }
};

std::string outcome(const WireMessage& answer) {
  const std::size_t at = answer.body.find("\"kind\":\"");
  if (answer.status() == 200 || at == std::string::npos) return std::to_string(answer.status());
  return answer.body.substr(at + 8, answer.body.find('"', at + 8) - at - 8);
}

TEST(TlsUpstream, ConnectionsAreKeptAndSecure) {
  Rig rig{Loop{}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(outcome(rig.proxy.ask(get())), "200");
  EXPECT_EQ(rig.handshakes(), 1U);
  EXPECT_EQ(rig.origin.requests().at(0).field("X-Forwarded-Proto"), "https");
}

TEST(TlsUpstream, SessionsAreResumed) {
  Rig rig{Loop{.upstream = ", pool: { max_idle_per_endpoint: 0 }"}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(outcome(rig.proxy.ask(get())), "200");
  EXPECT_EQ(rig.handshakes(), 3U);
  EXPECT_EQ(rig.secure().counts->handshakes.resumed(), 2U);
}

TEST(TlsUpstream, NobodyIsBelievedWithoutProof) {
  struct Case {
    std::string name, tls, expected;
  };
  for (const Case& it :
       {Case{"by name", kCa + ", server_name: site.example", "200"}, Case{"by address", kCa, "200"},
        Case{"another name", kCa + ", server_name: other.example", "tls_failed"},
        Case{"another authority", "server_name: site.example", "tls_failed"},
        Case{"no proof wanted", "verify: false", "200"}}) {
    Rig rig{Loop{.tls = it.tls}};
    EXPECT_EQ(outcome(rig.proxy.ask(get())), it.expected) << it.name;
  }
}

TEST(TlsUpstream, ShowsItsCertificate) {
  const std::string asks = ", client_ca: \"" + files().authority.pem() + "\"";
  const std::string tls = Loop{}.tls;
  Rig without{Loop{.listener = asks}};
  EXPECT_NE(outcome(without.proxy.ask(get())), "200");
  Rig with{Loop{.tls = tls + ", certificate: " + files().authority.pair("us"), .listener = asks}};
  EXPECT_EQ(outcome(with.proxy.ask(get())), "200");
}

// What a client's certificate says goes on; what a client says of itself does not.
TEST(TlsUpstream, CertificatesOfClientsAreForwarded) {
  const std::string asks = ", client_ca: \"" + files().authority.pem() + "\"";
  Rig rig{
      Loop{.tls = Loop{}.tls + ", certificate: " + files().authority.pair("us"), .listener = asks}};
  EXPECT_EQ(outcome(rig.proxy.ask(get("/", "X-Forwarded-Client-Cert: Hash=00\r\n"))), "200");
  const std::string said =
      rig.origin.requests().at(0).field("X-Forwarded-Client-Cert").value_or("");
  EXPECT_TRUE(said.starts_with("Hash=")) << said;
  EXPECT_EQ(said.find("Hash=00"), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with(";Subject=\"CN=us,O=Test\";DNS=us.example")) << said;
}

// Row 40: what a connection was opened with is part of what it is.
TEST(TlsUpstream, IdleConnectionsEndWithWhatWasSaidOfThem) {
  Rig rig{Loop{}};
  EXPECT_EQ(outcome(rig.proxy.ask(get())), "200");
  rig.proxy.reload(
      Loop{.tls = kCa + ", server_name: other.example"}.yaml(rig.origin, rig.secure_port));
  EXPECT_EQ(outcome(rig.proxy.ask(get())), "tls_failed");
  rig.proxy.reload(Loop{}.yaml(rig.origin, rig.secure_port));
  EXPECT_EQ(outcome(rig.proxy.ask(get())), "200");
}

TEST(TlsUpstream, APlainServerIsNone) {
  Origin origin(always(ok()));
  Proxy proxy(
      one_upstream(origin.address(), "", ", tls: { verify: false }, connect_timeout: 300ms"));
  const std::string what = outcome(proxy.ask(get()));
  EXPECT_TRUE(what == "tls_failed" || what == "connect_timeout") << what;
  for (const WireMessage& request : origin.requests())
    EXPECT_FALSE(request.head.starts_with("GET")) << request.head;
}

}  // namespace
}  // namespace sluice::test
