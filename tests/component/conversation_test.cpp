// One client connection over several requests: order, keeping, closing, versions, methods without
// bodies, interim responses.
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

// ---- keeping and closing -----------------------------------------------------------------------

TEST(Connection, IsKeptAndOneUpstreamConnectionServesIt) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  for (int i = 0; i < 5; ++i) {
    wire.send(get("/" + std::to_string(i)));
    const WireMessage answer = wire.read_message();
    ASSERT_EQ(answer.status(), 200);
    EXPECT_FALSE(answer.field("Connection"));
    EXPECT_TRUE(answer.body.starts_with("GET /" + std::to_string(i) + " "));
  }
  EXPECT_EQ(origin.connections(), 1U);
}

TEST(Connection, ClosesWhenTheClientAsks) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get("/", "Connection: close\r\n"));
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(wire.closed_by_peer());
  EXPECT_FALSE(wire.was_reset());
}

TEST(Connection, StaysAfterAnswersOfOurOwnToSoundRequests) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address(), "", "", ", match: { path: { prefix: /in } }"));
  Wire wire = proxy.connect();
  wire.send(get("/out"));
  const WireMessage missing = wire.read_message();
  EXPECT_EQ(missing.status(), 404);
  EXPECT_NE(missing.body.find("\"kind\":\"no_route\""), std::string::npos) << missing.body;
  wire.send(get("/in"));
  EXPECT_EQ(wire.read_message().status(), 200);
}

TEST(Connection, SilenceIsClosedWithoutAWord) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address(), ", timeouts: { idle: 200ms }"));
  Wire wire = proxy.connect();
  EXPECT_EQ(wire.read_to_end(), "");
  EXPECT_TRUE(wire.closed_by_peer());
}

// Row 34: the deadline is the whole head's, however busily it drips.
TEST(Connection, AHeadThatDripsIsTimedOut) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address(), ", timeouts: { header: 400ms }"));
  Wire wire = proxy.connect();
  const auto began = std::chrono::steady_clock::now();
  wire.send("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  while (!wire.wait_readable(std::chrono::milliseconds(20)) &&
         std::chrono::steady_clock::now() - began < kPatience)
    wire.send("y");
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 408);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(400));
  EXPECT_EQ(origin.connections(), 0U);
}

// ---- pipelining, row 30 ------------------------------------------------------------------------

TEST(Pipelining, AnswersComeInOrder) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += i % 3 == 0 ? post("body" + std::to_string(i), "/" + std::to_string(i))
                           : get("/" + std::to_string(i));
  for (const std::size_t at_a_time : {1'000'000U, 1000U, 7U}) {
    Wire wire = proxy.connect();
    std::thread sender([&] { wire.send_slowly(requests, at_a_time); });
    for (int i = 0; i < 50; ++i) {
      const WireMessage answer = wire.read_message();
      ASSERT_EQ(answer.status(), 200) << i;
      ASSERT_NE(answer.body.find(" /" + std::to_string(i) + " HTTP"), std::string::npos) << i;
      if (i % 3 == 0) {
        ASSERT_TRUE(answer.body.ends_with("body" + std::to_string(i))) << i;
      }
    }
    sender.join();
  }
}

// Answers of our own need no waiting: without a pause one client would have the worker to itself,
// one call deeper with every request where the compiler does not turn them into jumps.
TEST(Pipelining, OfManyRequestsThatNeedNoUpstreamLetsOthersIn) {
  constexpr int kMany = 40'000;
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address(), "", "", ", match: { path: { prefix: /in } }"));
  Wire wire = proxy.connect();
  std::thread sender([&] {
    std::string requests;
    for (int i = 0; i < kMany; ++i) requests += "GET /out HTTP/1.1\r\nHost: a\r\n\r\n";
    wire.send(requests);
  });
  ASSERT_TRUE(wire.wait_readable(kPatience));
  EXPECT_EQ(proxy.ask(get("/in")).status(), 200);
  int missing = 0;
  while (missing < kMany && wire.read_message().status() == 404) ++missing;
  sender.join();
  EXPECT_EQ(missing, kMany);
}

TEST(Pipelining, StopsAtAnError) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get("/1") + "GET /bad HTTP/9.9\r\nHost: a\r\n\r\n" + get("/3"));
  EXPECT_EQ(wire.read_message().status(), 200);
  EXPECT_EQ(wire.read_message().status(), 505);
  EXPECT_EQ(wire.read_to_end(), "");
  EXPECT_EQ(origin.requests().size(), 1U);
}

TEST(Pipelining, StopsAfterConnectionClose) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get("/1", "Connection: close\r\n") + get("/2"));
  EXPECT_EQ(wire.read_message().status(), 200);
  EXPECT_EQ(wire.read_to_end(), "");
  EXPECT_EQ(origin.requests().size(), 1U);
}

// ---- HTTP/1.0, row 17 --------------------------------------------------------------------------

TEST(OldClient, IsClosedUnlessItAsksToStay) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send("GET /1 HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n");
  const WireMessage kept = wire.read_message();
  EXPECT_EQ(kept.field("Connection"), "keep-alive");
  EXPECT_NE(kept.body.find("Via: 1.0 sluice"), std::string::npos);
  wire.send("GET /2 HTTP/1.0\r\n\r\n");
  const WireMessage last = wire.read_message();
  EXPECT_EQ(last.status(), 200);
  EXPECT_EQ(last.field("Connection"), "close");
  EXPECT_NE(last.body.find("Host: blue\r\n"), std::string::npos) << "no Host: the upstream's name";
  EXPECT_TRUE(wire.closed_by_peer());
}

TEST(OldClient, GetsNoChunksAndNoInterimResponses) {
  Origin origin(
      always("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
             chunk("hello") + chunk(" world") + "0\r\n\r\n"));
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_FALSE(answer.field("Transfer-Encoding"));
  EXPECT_EQ(answer.field("Connection"), "close") << "its end is the connection's end";
  EXPECT_EQ(answer.body, "hello world");
  EXPECT_TRUE(answer.complete);
}

// ---- no bodies, row 25 -------------------------------------------------------------------------

TEST(Head, GetsTheLengthAndNoBody) {
  Origin origin([](Wire& wire, Origin& self) {
    for (WireMessage request = wire.read_message(); request.complete;
         request = wire.read_message()) {
      self.remember(request);
      wire.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    }
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  for (int i = 0; i < 3; ++i) {
    wire.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    const WireMessage answer = wire.read_message(true);
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.field("Content-Length"), "1000");
    EXPECT_EQ(wire.leftover(), "");
  }
  EXPECT_EQ(origin.connections(), 1U);
}

TEST(Head, OfAnAnswerOfOurOwnHasNoBodyEither) {
  Origin origin(echo());
  Proxy proxy(one_upstream(origin.address(), "", "", ", match: { path: { prefix: /in } }"));
  Wire wire = proxy.connect();
  wire.send("HEAD /out HTTP/1.1\r\nHost: a\r\n\r\n" + get("/in"));
  const WireMessage missing = wire.read_message(true);
  EXPECT_EQ(missing.status(), 404);
  EXPECT_NE(missing.field("Content-Length"), "0");
  EXPECT_EQ(wire.read_message().status(), 200);
}

class Bodiless : public ::testing::TestWithParam<const char*> {};

TEST_P(Bodiless, ResponseEndsAtItsHead) {
  Origin origin(always(GetParam()));
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  for (int i = 0; i < 2; ++i) {
    wire.send(get());
    const WireMessage answer = wire.read_message();
    EXPECT_EQ(answer.status(), std::stoi(std::string(GetParam()).substr(9, 3)));
    EXPECT_FALSE(answer.field("Transfer-Encoding"));
  }
  EXPECT_EQ(wire.leftover(), "");
}

INSTANTIATE_TEST_SUITE_P(
    Row25, Bodiless,
    ::testing::Values("HTTP/1.1 204 No Content\r\n\r\n",
                      "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
                      "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
                      "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n",
                      "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n"));

TEST(NotModified, KeepsTheLengthThatGetWouldHave) {
  Origin origin(always("HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n"));
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).field("Content-Length"), "1234");
}

// ---- interim responses, rows 24 and 29 ---------------------------------------------------------

TEST(Interim, EachIsForwardedBeforeTheFinalOne) {
  Origin origin(
      always("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" +
             ok("done")));
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  for (int i = 0; i < 2; ++i) {
    wire.send(get());
    EXPECT_EQ(wire.read_message().status(), 102);
    const WireMessage hints = wire.read_message();
    EXPECT_EQ(hints.status(), 103);
    EXPECT_EQ(hints.field("Link"), "</a>");
    const WireMessage final = wire.read_message();
    EXPECT_EQ(final.status(), 200);
    EXPECT_EQ(final.body, "done");
  }
}

TEST(Interim, AFloodOfThemIsABadResponse) {
  std::string flood;
  for (int i = 0; i < 40; ++i) flood += "HTTP/1.1 102 Processing\r\n\r\n";
  Origin origin(always(flood + ok()));
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send(get());
  int interim = 0;
  WireMessage answer = wire.read_message();
  for (; answer.status() == 102; answer = wire.read_message()) ++interim;
  EXPECT_EQ(interim, 16);
  EXPECT_EQ(answer.status(), 502);
}

TEST(Expect, HundredComesFromTheUpstreamAndThenTheBodyGoes) {
  Origin origin([](Wire& wire, Origin& self) {
    wire.wait_readable(kPatience);  // the head arrives without the body
    wire.send("HTTP/1.1 100 Continue\r\n\r\n");
    const WireMessage request = wire.read_message();
    self.remember(request);
    wire.send(ok("got " + request.body));
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(wire.read_message().status(), 100);
  wire.send("hello");
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, "got hello");
}

TEST(Expect, AFinalAnswerBeforeTheBodyEndsBothConnections) {
  Origin origin([](Wire& wire, Origin& self) {
    self.remember({wire.read_exactly(1), "", true});
    wire.send(ok("no thanks"));  // kept open: only the proxy can know that it must not be reused
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address()));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(wire.closed_by_peer());
  EXPECT_EQ(proxy.ask(post("x")).status(), 200) << "the next one must get a fresh connection";
  EXPECT_EQ(origin.connections(), 2U);
}

constexpr const char* kAsking =
    "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";

// The client waits rightly: its own deadlines have not begun.
TEST(Expect, AMuteUpstreamIs504HoweverShortTheBodysDeadline) {
  Ear ear;
  Proxy proxy(
      one_upstream(ear.address(), ", timeouts: { body: 100ms }", ", response_timeout: 400ms"));
  Wire wire = proxy.connect();
  wire.send(kAsking);
  const WireMessage answer = wire.read_message();
  EXPECT_EQ(answer.status(), 504);
  EXPECT_NE(answer.body.find("response_timeout"), std::string::npos) << answer.body;
  EXPECT_TRUE(wire.closed_by_peer());
  EXPECT_TRUE(ear.wait_until_left());
}

TEST(Expect, AfterTheHundredTheBodysDeadlineRuns) {
  Origin origin([](Wire& wire, Origin&) {
    wire.wait_readable(kPatience);
    wire.send("HTTP/1.1 100 Continue\r\n\r\n");
    wire.read_to_end();
  });
  Proxy proxy(one_upstream(origin.address(), ", timeouts: { body: 200ms }"));
  Wire wire = proxy.connect();
  wire.send(kAsking);
  EXPECT_EQ(wire.read_message().status(), 100);
  EXPECT_EQ(wire.read_message().status(), 408);
}

// An old upstream says no 100 and reads to the end; the client loses patience, as it may (RFC 9110
// section 10.1.1). What it sends then takes as long as it takes.
TEST(Expect, ABodySentUnaskedIsNotBoundByTheResponsesDeadline) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address(), "", ", response_timeout: 300ms"));
  Wire wire = proxy.connect();
  wire.send(kAsking);
  EXPECT_FALSE(wire.wait_readable(std::chrono::milliseconds(100)));
  wire.send("hello");
  EXPECT_FALSE(wire.wait_readable(std::chrono::milliseconds(600)));
  wire.send("world");
  EXPECT_EQ(wire.read_message().status(), 200);
  EXPECT_EQ(origin.requests().back().body, "helloworld");
}

}  // namespace
}  // namespace sluice::test
