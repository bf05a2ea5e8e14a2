// Access rules of listeners and routes, and the size of bodies.
#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

struct Rig {
  Origin origin{always(ok())};
  Proxy proxy;
  explicit Rig(const std::string& listener, const std::string& route = "")
      : proxy(one_upstream(origin.address(), listener, "", route)) {}
};

TEST(AccessRules, OfAListenerAndOfARoute) {
  for (const bool of_route : {false, true}) {
    const std::string rules = ", access: { deny: [127.0.0.0/8] }";
    Rig rig(of_route ? "" : rules, of_route ? rules : "");
    const WireMessage answer = rig.proxy.ask(get());
    EXPECT_EQ(answer.status(), 403);
    EXPECT_NE(answer.body.find("\"kind\":\"denied\""), std::string::npos) << answer.body;
    EXPECT_TRUE(rig.origin.requests().empty());
  }
}

// Whom a trusted proxy brings is who counts; a stranger's word is nothing.
TEST(AccessRules, AreForTheClientBehindTrustedProxies) {
  const std::string rules = ", access: { allow: [10.9.8.7] }";
  const std::string from = get("/", "X-Forwarded-For: 10.9.8.7\r\n");
  Rig trusting(", trusted_proxies: [127.0.0.1]" + rules);
  EXPECT_EQ(trusting.proxy.ask(from).status(), 200);
  EXPECT_EQ(trusting.proxy.ask(get()).status(), 403);
  Rig other(rules);
  EXPECT_EQ(other.proxy.ask(from).status(), 403);
}

TEST(RateLimit, AnswersWithWhenToComeBack) {
  for (const bool of_route : {false, true}) {
    const std::string rules = ", access: { rate_limit: { requests: 2, per: 1h } }";
    Rig rig(of_route ? "" : rules, of_route ? rules : "");
    Wire wire = rig.proxy.connect();
    std::vector<int> statuses;
    std::string retry_after;
    for (int i = 0; i < 4; ++i) {
      wire.send(get());
      const WireMessage answer = wire.read_message();
      statuses.push_back(answer.status());
      retry_after = answer.field("Retry-After").value_or("");
    }
    EXPECT_EQ(statuses, (std::vector<int>{200, 200, 429, 429}));
    EXPECT_EQ(retry_after, "1800");
    EXPECT_EQ(rig.origin.requests().size(), 2U);
  }
}

// A reload is no amnesty.
TEST(RateLimit, OutlivesAReload) {
  Origin origin(always(ok()));
  const std::string yaml =
      one_upstream(origin.address(), "", "", ", access: { rate_limit: { requests: 1, per: 1h } }");
  Proxy proxy(yaml);
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  proxy.reload(yaml);
  EXPECT_EQ(proxy.ask(get()).status(), 429);
}

TEST(BodyBytes, LargerOnesAreRefused) {
  Rig rig(", limits: { body_bytes: 10 }");
  EXPECT_EQ(rig.proxy.ask(post("0123456789")).status(), 200);
  EXPECT_EQ(rig.proxy.ask(post("0123456789a")).status(), 413);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(rig.proxy.ask(head + "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n").status(), 200);
  EXPECT_EQ(rig.proxy.ask(head + "5\r\n01234\r\n6\r\n567890\r\n0\r\n\r\n").status(), 413);
  EXPECT_EQ(rig.origin.requests().size(), 2U);
}

}  // namespace
}  // namespace sluice::test
