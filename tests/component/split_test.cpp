// Where requests go, seen from outside: weights, overrides, pins.
#include <map>

#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

class Split : public ::testing::Test {
 protected:
  std::string yaml(const std::string& split, const std::string& route = "") const {
    return "listeners: [{ bind: \"127.0.0.1:0\", debug_header: true }]\nupstreams:\n"
           "  blue: { endpoints: [\"" +
           blue_.address() + "\"] }\n  green: { endpoints: [\"" + green_.address() +
           "\"] }\nroutes: [{ name: all, split: " + split + route + " }]\n";
  }
  static std::string backend(const WireMessage& answer) {
    return answer.field("X-Backend").value_or("none: " + answer.first_line());
  }

  Origin blue_{echo("blue")};
  Origin green_{echo("green")};
};

TEST_F(Split, FollowsTheWeights) {
  Proxy proxy(yaml("{ blue: 3, green: 1 }"), 2);
  std::map<std::string, int> counts;
  for (int connection = 0; connection < 8; ++connection) {
    Wire wire = proxy.connect();
    for (int i = 0; i < 250; ++i) {
      wire.send(get());
      ++counts[backend(wire.read_message())];
    }
  }
  EXPECT_EQ(counts["blue"] + counts["green"], 2000);
  EXPECT_NEAR(counts["blue"], 1500, 120);
}

TEST_F(Split, OverridesBeatWeights) {
  Proxy proxy(yaml("{ blue: 1, green: 0 }",
                   ", overrides: [{ header: { name: x-group, exact: testers }, upstream: green }, "
                   "{ cookie: { name: beta, exact: \"1\" }, upstream: green }]"));
  EXPECT_EQ(backend(proxy.ask(get())), "blue");
  EXPECT_EQ(backend(proxy.ask(get("/", "X-GROUP: testers\r\n"))), "green");
  EXPECT_EQ(backend(proxy.ask(get("/", "X-Group: others\r\n"))), "blue");
  const WireMessage beta = proxy.ask(get("/", "Cookie: a=b; beta=1\r\n"));
  EXPECT_EQ(backend(beta), "green");
  EXPECT_EQ(beta.field("X-Sluice-Reason"), "override");
}

TEST_F(Split, APinIsKeptOverConnectionsWorkersAndWeights) {
  Proxy proxy(yaml("{ blue: 1, green: 1 }", ", sticky: { cookie: sluice, ttl: 1h }"), 2);
  for (int client = 0; client < 10; ++client) {
    const WireMessage first = proxy.ask(get());
    const std::string cookie = first.field("Set-Cookie").value_or("");
    ASSERT_TRUE(cookie.starts_with("sluice=")) << first.head;
    EXPECT_NE(cookie.find("HttpOnly"), std::string::npos);
    const std::string pin = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
    for (int i = 0; i < 5; ++i) {
      const WireMessage again = proxy.ask(get("/", pin));
      EXPECT_EQ(backend(again), backend(first));
      EXPECT_EQ(again.field("X-Sluice-Reason"), "sticky");
    }
  }
}

TEST_F(Split, AForgedOrForeignPinIsReplaced) {
  Proxy proxy(yaml("{ blue: 1, green: 0 }", ", sticky: { cookie: sluice, ttl: 1h }"));
  const std::string genuine = proxy.ask(get()).field("Set-Cookie").value_or("");
  std::string forged = genuine.substr(0, genuine.find(';'));
  forged[forged.size() / 2] = forged[forged.size() / 2] == 'A' ? 'B' : 'A';
  for (const std::string& cookie : {forged, std::string("sluice=green"), std::string("sluice="),
                                    "sluice=" + std::string(3000, 'A')}) {
    const WireMessage answer = proxy.ask(get("/", "Cookie: " + cookie + "\r\n"));
    EXPECT_EQ(backend(answer), "blue");
    EXPECT_EQ(answer.field("X-Sluice-Reason"), "weight") << cookie.substr(0, 40);
    EXPECT_TRUE(answer.field("Set-Cookie").value_or("").starts_with("sluice=")) << "not replaced";
  }
}

TEST_F(Split, AnExpiredPinIsReplaced) {
  Proxy proxy(yaml("{ blue: 1, green: 1 }", ", sticky: { cookie: sluice, ttl: 1s }"));
  const std::string cookie = proxy.ask(get()).field("Set-Cookie").value_or("");
  const std::string pin = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  EXPECT_TRUE(eventually([&] {
    const WireMessage answer = proxy.ask(get("/", pin));
    return answer.field("X-Sluice-Reason") == "weight" && answer.field("Set-Cookie").has_value();
  }));
}

TEST_F(Split, AWeightOfZeroStillServesItsPins) {
  const std::string sticky = ", sticky: { cookie: sluice, ttl: 1h, on_revert: keep }";
  Proxy proxy(yaml("{ blue: 0, green: 1 }", sticky));
  const std::string cookie = proxy.ask(get()).field("Set-Cookie").value_or("");
  const std::string pin = "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n";
  proxy.reload(yaml("{ blue: 1, green: 0 }", sticky));
  EXPECT_EQ(backend(proxy.ask(get("/", pin))), "green");
  EXPECT_EQ(backend(proxy.ask(get())), "blue");
}

TEST_F(Split, RequestsAndDecisionsAreCounted) {
  Proxy proxy(yaml("{ blue: 1, green: 0 }"));
  for (int i = 0; i < 5; ++i) proxy.ask(get());
  const auto* const arm = proxy.plane().shards()[0]->arms.find(0);
  ASSERT_NE(arm, nullptr);
  EXPECT_TRUE(eventually([&] {
    return arm->requests[0][telemetry::code_index(200)].load() == 5 &&
           arm->decisions[static_cast<std::size_t>(routing::Reason::weight)].load() == 5;
  }));
}

}  // namespace
}  // namespace sluice::test
