// What a request looks like when it reaches the upstream, and a response the client.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

// Sends `request` through a proxy with that configuration; what the upstream got.
WireMessage forwarded(const std::string& request, const std::string& listener = "",
                      const std::string& route = "") {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address(), listener, "", route));
  EXPECT_EQ(proxy.ask(request).status(), 200);
  const auto requests = origin.requests();
  return requests.empty() ? WireMessage{} : requests.front();
}

const std::string kTrusted = ", trusted_proxies: [127.0.0.1]";

// ---- hop by hop --------------------------------------------------------------------------------

TEST(ForwardedRequest, KeepsWhatIsTheClients) {
  const WireMessage got =
      forwarded(get("/a/b?x=1&y=%2F",
                    "Accept: text/html\r\nCookie: a=b\r\nX-Empty:\r\nAuthorization: B x\r\n"
                    "accept-encoding:  gzip, br \t\r\n"));
  EXPECT_EQ(got.first_line(), "GET /a/b?x=1&y=%2F HTTP/1.1");
  EXPECT_EQ(got.fields("Host"), std::vector<std::string>{"shop.example"});
  EXPECT_EQ(got.field("Accept"), "text/html");
  EXPECT_EQ(got.field("Cookie"), "a=b");
  EXPECT_EQ(got.field("X-Empty"), "");
  EXPECT_EQ(got.field("Authorization"), "B x");
  EXPECT_EQ(got.field("Accept-Encoding"), "gzip, br");
  EXPECT_FALSE(got.field("Connection"));
  EXPECT_FALSE(got.field("Content-Length"));
  EXPECT_FALSE(got.field("Transfer-Encoding"));
}

TEST(ForwardedRequest, LosesHopByHopFields) {
  const WireMessage got = forwarded(
      get("/",
          "Connection: keep-alive, X-Mine\r\nKeep-Alive: timeout=5\r\nX-Mine: 1\r\n"
          "Proxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: X\r\nX-Other: 2\r\n"));
  for (const char* name :
       {"Connection", "Keep-Alive", "X-Mine", "Proxy-Connection", "TE", "Trailer"})
    EXPECT_FALSE(got.field(name)) << name;
  EXPECT_EQ(got.field("X-Other"), "2");
}

// Row 20: what framing, routing and identity rest on cannot be named away; case does not matter.
TEST(ForwardedRequest, ConnectionCannotNameAwayWhatMatters) {
  const WireMessage got = forwarded(
      post("hello", "/",
           "Connection: host, content-length, AUTHORIZATION, x-forwarded-for, X-REAL-IP\r\n"
           "Authorization: B x\r\nX-Real-Ip: 6.6.6.6\r\nX-Forwarded-For: 6.6.6.6\r\n"));
  EXPECT_EQ(got.field("Host"), "shop.example");
  EXPECT_EQ(got.field("Content-Length"), "5");
  EXPECT_EQ(got.body, "hello");
  EXPECT_EQ(got.field("Authorization"), "B x");
  EXPECT_EQ(got.field("X-Forwarded-For"), "127.0.0.1");
  EXPECT_FALSE(got.field("X-Real-Ip"));
}

// RFC 7239: upstreams believe it as they do X-Forwarded-For.
TEST(ForwardedRequest, AStrangersForwardedIsLeftOut) {
  const std::string request = get("/", "Forwarded: for=6.6.6.6\r\nFORWARDED: for=7.7.7.7\r\n");
  EXPECT_TRUE(forwarded(request).fields("Forwarded").empty());
  const std::vector<std::string> both{"for=6.6.6.6", "for=7.7.7.7"};
  EXPECT_EQ(forwarded(request, kTrusted).fields("Forwarded"), both);
}

// Row 18.
TEST(ForwardedRequest, H2cIsNeverOffered) {
  for (const char* upgrade : {"h2c", "H2C", "websocket, h2c"}) {
    const WireMessage got =
        forwarded(get("/", std::string("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: ") +
                               upgrade + "\r\nHTTP2-Settings: AAMAAABk\r\n"));
    EXPECT_FALSE(got.field("Upgrade")) << upgrade;
    EXPECT_FALSE(got.field("HTTP2-Settings")) << upgrade;
    EXPECT_FALSE(got.field("Connection")) << upgrade;
  }
}

// Row 21.
TEST(ForwardedRequest, AliasesOfFieldsAreLeftOut) {
  const WireMessage got = forwarded(get(
      "/",
      "X_Forwarded_For: 6.6.6.6\r\nX.Forwarded.For: 6.6.6.6\r\nMy_Field: 1\r\nMy-Field: 2\r\n"));
  EXPECT_FALSE(got.field("X_Forwarded_For"));
  EXPECT_FALSE(got.field("X.Forwarded.For"));
  EXPECT_FALSE(got.field("My_Field"));
  EXPECT_EQ(got.field("My-Field"), "2");
}

// ---- framing is made anew ----------------------------------------------------------------------

TEST(ForwardedRequest, LengthIsCanonical) {
  const WireMessage got =
      forwarded("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 0005\r\n\r\nhello");
  EXPECT_EQ(got.fields("Content-Length"), std::vector<std::string>{"5"});
  EXPECT_EQ(got.body, "hello");
}

TEST(ForwardedRequest, ChunkedIsReencodedWithoutExtensionsAndTrailers) {
  const WireMessage got = forwarded(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "005;a=\"b\\\"c\";d\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: x\r\nAuthorization: "
      "y\r\n\r\n");
  EXPECT_EQ(got.fields("Transfer-Encoding"), std::vector<std::string>{"chunked"});
  EXPECT_EQ(got.body, "hello world");
  EXPECT_EQ(got.head.find("Trailer"), std::string::npos);
}

TEST(ForwardedRequest, MethodsKeepTheirCase) {
  EXPECT_EQ(forwarded("get / HTTP/1.1\r\nHost: a\r\n\r\n").first_line(), "get / HTTP/1.1");
  EXPECT_EQ(forwarded("PROPFIND /x HTTP/1.1\r\nHost: a\r\n\r\n").first_line(),
            "PROPFIND /x HTTP/1.1");
}

// Rows 13 and 23.
TEST(ForwardedRequest, AbsoluteFormBecomesOriginFormAndHost) {
  const WireMessage got =
      forwarded("GET http://Shop.Example:80/a?b HTTP/1.1\r\nHost: shop.example:80\r\n\r\n");
  EXPECT_EQ(got.first_line(), "GET /a?b HTTP/1.1");
  EXPECT_EQ(got.field("Host"), "Shop.Example:80");
}

TEST(ForwardedRequest, PathsGoOutByteForByte) {
  for (const char* path : {"/a/./b", "/a//b", "/%7euser", "/a%2Fb", "/a;p=1", "/*", "/%41"})
    EXPECT_EQ(forwarded(get(path)).first_line(), "GET " + std::string(path) + " HTTP/1.1");
}

TEST(ForwardedRequest, AnAddressIsAHost) {
  for (const char* host : {"127.0.0.1:8080", "10.0.0.1", "[::1]:80", "localhost"})
    EXPECT_EQ(forwarded("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").field("Host"),
              host);
}

TEST(ForwardedRequest, StarOfOptions) {
  EXPECT_EQ(forwarded("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").first_line(), "OPTIONS * HTTP/1.1");
}

// ---- what we say about the client --------------------------------------------------------------

TEST(ForwardedRequest, AStrangersStatementsAreReplaced) {
  const WireMessage got =
      forwarded(get("/",
                    "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
                    "X-Forwarded-Host: evil.example\r\nX-Request-Id: mine\r\nVia: 1.0 other\r\n"));
  EXPECT_EQ(got.fields("X-Forwarded-For"), std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(got.fields("X-Forwarded-Proto"), std::vector<std::string>{"http"});
  EXPECT_EQ(got.fields("X-Forwarded-Host"), std::vector<std::string>{"shop.example"});
  EXPECT_EQ(got.fields("X-Request-Id").size(), 1U);
  EXPECT_NE(got.field("X-Request-Id"), "mine");
  EXPECT_EQ(got.fields("Via"), (std::vector<std::string>{"1.0 other", "1.1 sluice"}));
}

TEST(ForwardedRequest, ATrustedProxyIsBelieved) {
  const WireMessage got = forwarded(
      get("/",
          "X-Forwarded-For: 9.9.9.9\r\nX-Forwarded-For: 8.8.8.8\r\nX-Forwarded-Proto: https\r\n"
          "X-Forwarded-Host: www.example\r\nX-Request-Id: abc-1\r\n"),
      kTrusted);
  EXPECT_EQ(got.fields("X-Forwarded-For"), std::vector<std::string>{"9.9.9.9, 8.8.8.8, 127.0.0.1"});
  EXPECT_EQ(got.field("X-Forwarded-Proto"), "https");
  EXPECT_EQ(got.field("X-Forwarded-Host"), "www.example");
  EXPECT_EQ(got.fields("X-Request-Id"), std::vector<std::string>{"abc-1"});
}

TEST(ForwardedRequest, ARequestIdThatIsNoTokenIsReplacedEvenFromATrustedProxy) {
  const WireMessage got = forwarded(get("/", "X-Request-Id: a b\r\n"), kTrusted);
  EXPECT_NE(got.field("X-Request-Id"), "a b");
  EXPECT_EQ(got.field("X-Request-Id")->size(), 32U);
}

TEST(ForwardedRequest, TraceKeepsItsIdAndGetsANewSpan) {
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const std::string got =
      forwarded(get("/", "traceparent: " + trace + "\r\n")).field("traceparent").value_or("");
  ASSERT_EQ(got.size(), trace.size());
  EXPECT_EQ(got.substr(0, 36), trace.substr(0, 36));
  EXPECT_NE(got.substr(36, 16), trace.substr(36, 16));
  EXPECT_EQ(got.substr(52), "-01");
}

TEST(ForwardedRequest, AMalformedTraceIsReplaced) {
  const WireMessage got = forwarded(get("/", "traceparent: 00-zz-1-01\r\n"));
  ASSERT_EQ(got.fields("traceparent").size(), 1U);
  EXPECT_EQ(got.field("traceparent")->substr(0, 3), "00-");
  EXPECT_EQ(got.field("traceparent")->size(), 55U);
}

// ---- rewriting ---------------------------------------------------------------------------------

TEST(RewrittenRequest, PrefixHostAndFields) {
  const WireMessage got = forwarded(
      get("/api/v1/../users?id=1", "X-Old: 1\r\nX-Keep: 2\r\nX-Set: theirs\r\n"), "",
      ", match: { path: { prefix: /api } }, rewrite: { path_prefix: /v2, host: app.internal, "
      "request_headers: { set: { X-Set: ours }, add: { X-Add: a }, remove: [x-old] } }");
  EXPECT_EQ(got.first_line(), "GET /v2/users?id=1 HTTP/1.1");
  EXPECT_EQ(got.field("Host"), "app.internal");
  EXPECT_EQ(got.field("X-Forwarded-Host"), "shop.example");
  EXPECT_FALSE(got.field("X-Old"));
  EXPECT_EQ(got.field("X-Keep"), "2");
  EXPECT_EQ(got.fields("X-Set"), std::vector<std::string>{"ours"});
  EXPECT_EQ(got.field("X-Add"), "a");
}

// ---- the way back ------------------------------------------------------------------------------

TEST(RewrittenRequest, ARouteHasTheLastWordOnWhatWeAdd) {
  const WireMessage got = forwarded(
      get(), "",
      ", rewrite: { request_headers: { set: { X-Request-Id: mine }, remove: [X-Forwarded-For] } }");
  EXPECT_EQ(got.fields("X-Request-Id"), std::vector<std::string>{"mine"});
  EXPECT_FALSE(got.field("X-Forwarded-For"));
  EXPECT_EQ(got.field("X-Forwarded-Proto"), "http");
}

TEST(ForwardedResponse, LosesHopByHopFieldsAndKeepsTheRest) {
  Origin origin(
      always(ok("hello",
                "Server: x\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: a\r\n"
                "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nDate: today\r\nUpgrade: h2c\r\n")));
  Proxy proxy(one_upstream(origin.address()));
  const WireMessage got = proxy.ask(get());
  EXPECT_EQ(got.first_line(), "HTTP/1.1 200 OK");
  EXPECT_EQ(got.body, "hello");
  for (const char* name : {"X-Hop", "Keep-Alive", "Upgrade", "Connection"})
    EXPECT_FALSE(got.field(name)) << name;
  EXPECT_EQ(got.fields("Set-Cookie"), (std::vector<std::string>{"a=1", "b=2"}));
  EXPECT_EQ(got.field("Server"), "x");
}

// Row 21 is about requests: what a backend calls its own fields is between it and its client.
TEST(ForwardedResponse, KeepsFieldsWithAnUnderscore) {
  Origin origin(always(ok("ok", "X_Version: 7\r\n")));
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).field("X_Version"), "7");
}

TEST(ForwardedResponse, EditsApply) {
  Origin origin(always(ok("hello", "Server: x\r\nX-Keep: 1\r\n")));
  Proxy proxy(one_upstream(origin.address(), "", "",
                           ", rewrite: { response_headers: { set: { X-Frame: DENY }, "
                           "remove: [server] } }"));
  const WireMessage got = proxy.ask(get());
  EXPECT_FALSE(got.field("Server"));
  EXPECT_EQ(got.field("X-Frame"), "DENY");
  EXPECT_EQ(got.field("X-Keep"), "1");
}

TEST(ForwardedResponse, DebugFieldsOnlyWhereAsked) {
  Origin origin(always(ok()));
  Proxy quiet(one_upstream(origin.address()));
  EXPECT_FALSE(quiet.ask(get()).field("X-Sluice-Upstream"));
  Proxy open(one_upstream(origin.address(), ", debug_header: true"));
  const WireMessage got = open.ask(get());
  EXPECT_EQ(got.field("X-Sluice-Upstream"), "blue");
  EXPECT_EQ(got.field("X-Sluice-Reason"), "weight");
}

// RFC 9110 section 15.5.22: without Upgrade the client would not learn what is wanted.
TEST(ForwardedResponse, UpgradeRequiredSaysToWhat) {
  for (const std::string& close : {std::string(), std::string("Connection: close\r\n")}) {
    Origin origin(
        always("HTTP/1.1 426 Upgrade Required\r\nUpgrade: TLS/1.0, HTTP/1.1\r\n"
               "Connection: Upgrade\r\nContent-Length: 4\r\n\r\nwhat"));
    Proxy proxy(one_upstream(origin.address()));
    const WireMessage answer = proxy.ask(get("/", close));
    EXPECT_EQ(answer.status(), 426);
    EXPECT_EQ(answer.fields("Upgrade"), std::vector<std::string>{"TLS/1.0, HTTP/1.1"});
    const auto options = answer.fields("Connection");
    EXPECT_EQ(std::count(options.begin(), options.end(), "Upgrade"), 1) << answer.head;
    EXPECT_EQ(std::count(options.begin(), options.end(), "close"), close.empty() ? 0 : 1);
    EXPECT_EQ(answer.body, "what");
  }
}

TEST(ForwardedResponse, UpgradeIsHopByHopOtherwise) {
  Origin origin(always(ok("ok", "Upgrade: h2\r\nConnection: Upgrade\r\n")));
  Proxy proxy(one_upstream(origin.address()));
  const WireMessage answer = proxy.ask(get());
  EXPECT_FALSE(answer.field("Upgrade"));
  EXPECT_FALSE(answer.field("Connection"));
}

}  // namespace
}  // namespace sluice::test
