// What a listener does to the headers of its responses.
#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

constexpr const char* kHeaders =
    ", response_headers: { set: { X-Frame-Options: DENY, X-Content-Type-Options: nosniff }, "
    "add: { Vary: Origin }, remove: [Server, x-powered-by] }";

std::string seen(const WireMessage& answer) {
  std::string out;
  for (const char* const name :
       {"X-Frame-Options", "X-Content-Type-Options", "Vary", "Server", "X-Powered-By"})
    out += answer.field(name).value_or("-") + "|";
  return out;
}

TEST(ListenerHeaders, OfWhatUpstreamsSay) {
  Origin origin(always(ok(
      "ok", "server: a\r\nServer: b\r\nX-Powered-By: c\r\nx-frame-options: ALLOW\r\nVary: A\r\n")));
  Proxy proxy(one_upstream(origin.address(), kHeaders));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(seen(answer), "DENY|nosniff|A|-|-|");
  EXPECT_NE(answer.head.find("\r\nVary: Origin\r\n"), std::string::npos) << answer.head;
  EXPECT_EQ(answer.head.find("ALLOW"), std::string::npos);
}

TEST(ListenerHeaders, OfWhatWeAnswerOurselves) {
  Proxy proxy("listeners: [{ bind: \"127.0.0.1:0\"" + std::string(kHeaders) +
              " }]\nroutes: [{ match: { path: { exact: /own } }, respond: { body: a } }]\n");
  EXPECT_EQ(seen(proxy.ask(get("/own"))), "DENY|nosniff|Origin|-|-|");
  EXPECT_EQ(seen(proxy.ask(get("/none"))), "DENY|nosniff|Origin|-|-|");
  EXPECT_EQ(seen(proxy.ask("GET / HTTP/1.1\r\n\r\n")), "DENY|nosniff|Origin|-|-|");
}

// The exception that a route makes.
TEST(ListenerHeaders, ARouteHasTheLastWord) {
  Origin origin(always(ok("ok", "Server: a\r\n")));
  Proxy proxy(one_upstream(origin.address(), kHeaders, "",
                           ", rewrite: { response_headers: { set: { x-frame-options: SAMEORIGIN, "
                           "server: ours }, remove: [x-content-type-options] } }"));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(seen(answer), "SAMEORIGIN|-|Origin|ours|-|");
  EXPECT_EQ(answer.head.find("DENY"), std::string::npos);
}

TEST(ListenerHeaders, AreNoneOfInterimResponses) {
  Origin origin([](Wire& wire, Origin&) {
    wire.read_message();
    wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok());
  });
  Proxy proxy(one_upstream(origin.address(), kHeaders));
  Wire wire = proxy.connect();
  wire.send(get());
  EXPECT_EQ(seen(wire.read_message(true)), "-|-|-|-|-|");
  EXPECT_EQ(seen(wire.read_message()), "DENY|nosniff|Origin|-|-|");
}

}  // namespace
}  // namespace sluice::test
