// Routes that answer by themselves.
#include <gtest/gtest.h>

#include "proxy/message.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

// One such route at /own, everything else goes to the origin.
struct Rig {
  Origin origin{always(ok("upstream"))};
  Proxy proxy;
  explicit Rig(const std::string& answer, const std::string& listener = "")
      : proxy("listeners: [{ name: edge, bind: \"127.0.0.1:0\"" + listener +
              " }]\nupstreams:\n  blue: { endpoints: [\"" + origin.address() +
              "\"] }\nroutes:\n  - { name: own, match: { path: { prefix: /own } }, " + answer +
              " }\n  - { name: all, split: { blue: 1 } }\n") {}
};

TEST(Respond, SaysWhatItIsTold) {
  Rig rig("respond: { status: 410, body: gone for good, content_type: text/html }");
  const WireMessage answer = rig.proxy.ask(get("/own/x"));
  EXPECT_EQ(answer.first_line(), "HTTP/1.1 410 Gone");
  EXPECT_EQ(answer.body, "gone for good");
  EXPECT_EQ(answer.field("Content-Type"), "text/html");
  EXPECT_TRUE(rig.origin.requests().empty());
  EXPECT_EQ(rig.proxy.ask(get("/other")).body, "upstream");
}

TEST(Respond, HasTheEditsOfTheRoute) {
  Rig rig(
      "respond: { status: 401, body: no }, rewrite: { response_headers: { "
      "add: { WWW-Authenticate: Basic }, remove: [Content-Type] } }");
  const WireMessage answer = rig.proxy.ask(get("/own"));
  EXPECT_EQ(answer.field("WWW-Authenticate"), "Basic");
  EXPECT_FALSE(answer.field("Content-Type"));
}

TEST(Respond, WithoutABodyWhereThereIsNone) {
  for (const int status : {204, 304}) {
    Rig rig("respond: { status: " + std::to_string(status) + " }");
    const WireMessage answer = rig.proxy.ask(get("/own"), true);
    EXPECT_EQ(answer.status(), status);
    EXPECT_FALSE(answer.field("Content-Length"));
  }
  Rig empty("respond: {}");
  EXPECT_EQ(empty.proxy.ask(get("/own")).field("Content-Length"), "0");
  Rig said("respond: { body: hello }");
  const WireMessage to_head = said.proxy.ask("HEAD /own HTTP/1.1\r\nHost: a\r\n\r\n", true);
  EXPECT_EQ(to_head.field("Content-Length"), "5");
  EXPECT_EQ(to_head.body, "");
}

TEST(Redirect, SendsElsewhere) {
  Rig rig("redirect: { to: \"https://new.example{uri}\", status: 308 }");
  const WireMessage answer = rig.proxy.ask(get("/own/x?y=1"));
  EXPECT_EQ(answer.first_line(), "HTTP/1.1 308 Permanent Redirect");
  EXPECT_EQ(answer.field("Location"), "https://new.example/own/x?y=1");
  EXPECT_EQ(answer.field("Content-Length"), "0");
  Rig found("redirect: { to: /elsewhere }");
  EXPECT_EQ(found.proxy.ask(get("/own")).field("Location"), "/elsewhere");
  EXPECT_EQ(found.proxy.ask(get("/own")).status(), 302);
}

TEST(Redirect, WithoutAHostThereIsNoWhere) {
  Rig rig("redirect: { to: \"https://{host}/\" }");
  EXPECT_EQ(rig.proxy.ask("GET /own HTTP/1.0\r\n\r\n").status(), 400);
  EXPECT_EQ(rig.proxy.ask(get("/own")).field("Location"), "https://shop.example/");
}

// ---- the connection --------------------------------------------------------------------------

// What comes behind a body is the next request, and nothing of the body is one.
TEST(OwnAnswer, KeepsTheConnectionInStep) {
  Rig rig("respond: { body: own }");
  const std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
  Wire wire = rig.proxy.connect();
  wire.send(post(smuggled, "/own") + get("/own") +
            "POST /own HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
            chunk(smuggled) + "0\r\n\r\n" + get("/other"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(wire.read_message().body, "own");
  EXPECT_EQ(wire.read_message().body, "upstream");
  ASSERT_EQ(rig.origin.requests().size(), 1U);
  EXPECT_EQ(rig.origin.requests()[0].first_line(), "GET /other HTTP/1.1");
}

TEST(OwnAnswer, WaitsForABodyThatIsOnItsWay) {
  Rig rig("respond: { body: own }");
  const std::string body = pattern(40'000);
  const std::string request = post(body, "/own");
  Wire wire = rig.proxy.connect();
  wire.send(request.substr(0, 20'000));
  wire.send(request.substr(20'000));
  EXPECT_EQ(wire.read_message().body, "own");
  wire.send(get("/other"));
  EXPECT_EQ(wire.read_message().body, "upstream");
}

// One that is too long to be worth it, or only promised, ends the connection: never is what
// follows read as a request.
TEST(OwnAnswer, ClosesBehindABodyItDoesNotRead) {
  Rig rig("respond: { body: own }");
  const std::string requests[] = {
      post(pattern(200'000), "/own") + get("/other"),
      "POST /own HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\nExpect: 100-continue\r\n\r\n"};
  for (const std::string& request : requests) {
    Wire wire = rig.proxy.connect();
    wire.send(request);
    const WireMessage answer = wire.read_message();
    EXPECT_EQ(answer.body, "own");
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_EQ(wire.read_to_end(), "");
  }
  EXPECT_TRUE(rig.origin.requests().empty());
}

TEST(OwnAnswer, HoldsTheBodyToItsRules) {
  Rig rig("respond: { body: own }", ", limits: { body_bytes: 10 }, timeouts: { body: 50ms }");
  EXPECT_EQ(rig.proxy.ask(post("0123456789a", "/own")).status(), 413);
  const std::string chunked = "POST /own HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(rig.proxy.ask(chunked + "zz\r\n").status(), 400);
  EXPECT_EQ(rig.proxy.ask(chunked + "5\r\n").status(), 408);
}

// ---- what is told ----------------------------------------------------------------------------

TEST(OwnAnswer, CountsForTheRouteAlone) {
  Rig rig("respond: { status: 503, body: own }, access: { deny: [10.0.0.0/8] }",
          ", trusted_proxies: [127.0.0.1]");
  EXPECT_EQ(rig.proxy.ask(post("hello", "/own")).status(), 503);
  EXPECT_EQ(rig.proxy.ask(get("/own", "X-Forwarded-For: 10.0.0.1\r\n")).status(), 403);
  const auto& shard = *rig.proxy.plane().shards().front();
  const auto count = [&](proxy::Method method, std::uint16_t code) {
    const auto& row = shard.arms.find(0)->requests[static_cast<std::size_t>(method)];
    return row[telemetry::code_index(code)].load();
  };
  EXPECT_TRUE(eventually([&] { return count(proxy::Method::get, 403) == 1; }));
  EXPECT_EQ(count(proxy::Method::post, 503), 1U);
  EXPECT_EQ(shard.arms.find(0)->request_bytes.load(), 5U);
  for (const auto& failures : shard.unrouted.failures) EXPECT_EQ(failures.load(), 0U);
}

TEST(OwnAnswer, NeedsNoUpstream) {
  Proxy proxy(
      "listeners: [{ bind: \"127.0.0.1:0\" }]\nroutes: [{ redirect: { to: \"{uri}\" } }]\n");
  EXPECT_EQ(proxy.ask(get("//evil.example/x")).field("Location"), "/evil.example/x");
}

}  // namespace
}  // namespace sluice::test
