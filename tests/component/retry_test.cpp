// Requests whose first attempt fails: who gets them next, and what the counters say of it. Row 33.
#include "proxy/retry.hpp"

#include <chrono>
#include <thread>

#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

using proxy::RetryReason;

// A canary that takes all traffic, and a blue one that a retry may turn to.
std::string canary_and_blue(const std::string& canary, const std::string& blue,
                            const std::string& retry, const std::string& canary_extra = "") {
  return "listeners: [{ bind: \"127.0.0.1:0\", debug_header: true }]\n"
         "upstreams:\n"
         "  canary: { endpoints: [" +
         canary + "]" + canary_extra + " }\n  blue: { endpoints: [\"" + blue +
         "\"] }\nroutes: [{ split: { canary: 1, blue: 0 }, retry: { " + retry + " } }]\n";
}

std::string quoted(const std::string& text) {
  return '"' + text + '"';
}

const telemetry::Shard& shard(Proxy& proxy) {
  return *proxy.plane().shards().front();
}

// Arms are numbered in the order of the split: canary 0, blue 1.
std::uint64_t retries(Proxy& proxy, RetryReason reason, std::uint32_t arm = 0) {
  return shard(proxy).arms.find(arm)->retries[static_cast<std::size_t>(reason)].load();
}

std::uint64_t requests(Proxy& proxy, std::uint32_t arm, std::uint16_t code) {
  std::uint64_t sum = 0;
  for (const auto& method : shard(proxy).arms.find(arm)->requests)
    sum += method[telemetry::code_index(code)].load();
  return sum;
}

std::uint64_t outcomes(Proxy& proxy, std::uint32_t endpoint, telemetry::Outcome outcome) {
  const auto* const counters = shard(proxy).endpoints.find(endpoint);
  return counters == nullptr ? 0 : counters->outcomes[static_cast<std::size_t>(outcome)].load();
}

// Reads a request and closes the connection.
Origin::Script takes_and_dies() {
  return [](Wire& wire, Origin& self) { self.remember(wire.read_message()); };
}

std::string unavailable(const std::string& fields = "") {
  return "HTTP/1.1 503 Service Unavailable\r\n" + fields + "Content-Length: 4\r\n\r\nsick";
}

TEST(Retry, OtherUpstreamTakesWhatTheFirstDropped) {
  Origin canary(takes_and_dies());
  Origin blue(always(ok("saved")));
  Proxy proxy(canary_and_blue(quoted(canary.address()), blue.address(), "other_upstream: blue"));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.body, "saved");
  EXPECT_EQ(answer.field("X-Sluice-Upstream"), "blue");
  EXPECT_EQ(canary.requests().size(), 1U);
  // The failure stays with the canary, the answer with blue, the placing with the canary.
  EXPECT_TRUE(eventually([&] { return requests(proxy, 1, 200) == 1; }));
  EXPECT_EQ(retries(proxy, RetryReason::reset), 1U);
  EXPECT_EQ(outcomes(proxy, 0, telemetry::Outcome::failure), 1U);
  EXPECT_EQ(outcomes(proxy, 1, telemetry::Outcome::success), 1U);
  EXPECT_EQ(requests(proxy, 0, 200), 0U);
  std::uint64_t placed = 0;
  for (const auto& decisions : shard(proxy).arms.find(0)->decisions) placed += decisions.load();
  EXPECT_EQ(placed, 1U);
}

TEST(Retry, ASmallBodyGoesAlongToTheOther) {
  Origin canary(takes_and_dies());
  Origin blue(always(ok()));
  Proxy proxy(canary_and_blue(quoted(canary.address()), blue.address(), "other_upstream: blue"));
  EXPECT_EQ(proxy.ask("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello").status(), 200);
  ASSERT_EQ(blue.requests().size(), 1U);
  EXPECT_EQ(blue.requests()[0].body, "hello");
}

TEST(Retry, APostThatMayHaveArrivedIsNeverSentAgain) {
  Origin dies(takes_and_dies());
  Origin sick(always(unavailable()));
  Origin blue(always(ok()));
  for (Origin* const canary : {&dies, &sick}) {
    Proxy proxy(canary_and_blue(quoted(canary->address()), blue.address(),
                                "other_upstream: blue, on: [connect_failure, reset, 503]"));
    EXPECT_EQ(proxy.ask(post("x")).status(), canary == &dies ? 502 : 503);
    EXPECT_EQ(canary->requests().size(), 1U);
  }
  EXPECT_EQ(blue.requests().size(), 0U);
}

TEST(Retry, ABodyThatDoesNotFitIsNotSentAgain) {
  Origin canary(takes_and_dies());
  Origin blue(always(ok()));
  Proxy proxy(canary_and_blue(quoted(canary.address()), blue.address(), "other_upstream: blue"));
  const std::string body = pattern(100'000);
  const std::string head = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n";
  EXPECT_EQ(proxy.ask(head + body).status(), 502);
  EXPECT_EQ(blue.requests().size(), 0U);
}

TEST(Retry, StatusesAskForAnotherEndpointToo) {
  Origin sick(always(unavailable()));
  Origin well(always(ok("well")));
  Proxy proxy(canary_and_blue(quoted(sick.address()) + "," + quoted(well.address()), "127.0.0.1:1",
                              "on: [\"502-504\"]"));
  for (int i = 0; i < 6; ++i) EXPECT_EQ(proxy.ask(get()).body, "well");
  EXPECT_EQ(sick.requests().size(), 3U);  // the usual round
  EXPECT_EQ(sick.connections(), 1U) << "what was read to its end is kept";
  EXPECT_TRUE(eventually([&] { return requests(proxy, 0, 200) == 6; }));
  EXPECT_EQ(retries(proxy, RetryReason::status), 3U);
  EXPECT_EQ(outcomes(proxy, 0, telemetry::Outcome::server_error), 3U);
}

TEST(Retry, TheLastAnswerIsTheClientsWhateverItsStatus) {
  Origin one(always(unavailable("X-Who: one\r\n")));
  Origin two(always(unavailable("X-Who: two\r\n")));
  Proxy proxy(canary_and_blue(quoted(one.address()) + "," + quoted(two.address()), "127.0.0.1:1",
                              "on: [503], attempts: 5"));
  const WireMessage answer = proxy.ask(get());
  EXPECT_EQ(answer.status(), 503);
  EXPECT_EQ(answer.body, "sick");
  EXPECT_TRUE(answer.field("X-Who").has_value());
  EXPECT_EQ(one.requests().size() + two.requests().size(), 2U) << "each endpoint once";
}

TEST(Retry, OtherStatusesPass) {
  Origin sick(always(unavailable()));
  Origin blue(always(ok()));
  Proxy proxy(canary_and_blue(quoted(sick.address()), blue.address(),
                              "other_upstream: blue, on: [502, 504]"));
  EXPECT_EQ(proxy.ask(get()).status(), 503);
  EXPECT_EQ(blue.requests().size(), 0U);
}

TEST(Retry, SilenceOnlyIfAskedFor) {
  Ear silent;
  Origin blue(always(ok()));
  for (const bool asked : {false, true}) {
    Proxy proxy(
        canary_and_blue(quoted(silent.address()), blue.address(),
                        asked ? "other_upstream: blue, on: [timeout]" : "other_upstream: blue",
                        ", response_timeout: 200ms"));
    EXPECT_EQ(proxy.ask(get()).status(), asked ? 200 : 504);
  }
}

TEST(Retry, ZeroAttemptsIsNone) {
  Origin canary(takes_and_dies());
  Origin blue(always(ok()));
  Proxy proxy(canary_and_blue(quoted(canary.address()), blue.address(),
                              "other_upstream: blue, attempts: 0"));
  EXPECT_EQ(proxy.ask(get()).status(), 502);
  EXPECT_EQ(blue.requests().size(), 0U);
}

// A client that has heard something of a first attempt must not hear of a second.
TEST(Retry, AnInformationalResponseIsTheEndOfIt) {
  Origin canary(always("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + unavailable()));
  Origin blue(always(ok()));
  Proxy proxy(
      canary_and_blue(quoted(canary.address()), blue.address(), "other_upstream: blue, on: [503]"));
  Wire wire = proxy.connect();
  wire.send(get());
  EXPECT_EQ(wire.read_message().status(), 103);
  EXPECT_EQ(wire.read_message().status(), 503);
  EXPECT_EQ(blue.requests().size(), 0U);
}

TEST(Retry, TheBudgetEndsAStorm) {
  Origin canary(always(unavailable()));
  Origin blue(always(ok()));
  Proxy proxy(canary_and_blue(quoted(canary.address()), blue.address(),
                              "other_upstream: blue, on: [503], budget: 1%"));
  unsigned saved = 0;
  for (int i = 0; i < 30; ++i) saved += proxy.ask(get()).status() == 200;
  EXPECT_EQ(saved, 10U) << "what a worker begins with";
  EXPECT_TRUE(eventually([&] { return requests(proxy, 0, 503) == 20; }));
  EXPECT_EQ(shard(proxy).arms.find(0)->retries_refused.load(), 20U);
}

// An upstream that has worked on a request for a while is not a connection that died while idle.
TEST(Retry, WhatWasBeingWorkedOnIsNotStale) {
  Origin slow([](Wire& wire, Origin& self) {
    self.remember(wire.read_message());
    wire.send(ok());
    self.remember(wire.read_message());
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  });
  Proxy proxy(one_upstream(slow.address(), "", "", ", retry: { attempts: 0 }"));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_EQ(proxy.ask("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n").status(), 502);
  EXPECT_EQ(slow.requests().size(), 2U);
}

TEST(Retry, ABudgetOfNothingIsNone) {
  Origin canary(always(unavailable()));
  Origin blue(always(ok()));
  Proxy proxy(canary_and_blue(quoted(canary.address()), blue.address(),
                              "other_upstream: blue, on: [503], budget: 0%"));
  EXPECT_EQ(proxy.ask(get()).status(), 503);
  EXPECT_EQ(blue.requests().size(), 0U);
}

TEST(Retry, ThePinStaysWithTheFirst) {
  Origin canary([](Wire& wire, Origin& self) {
    const WireMessage request = wire.read_message();
    self.remember(request);
    if (self.requests().size() > 1) wire.send(ok("back"));
  });
  Origin blue(always(ok("blue")));
  Proxy proxy("listeners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n  canary: { endpoints: [\"" +
              canary.address() + "\"] }\n  blue: { endpoints: [\"" + blue.address() +
              "\"] }\nroutes: [{ split: { canary: 1, blue: 0 }, sticky: { cookie: s }, retry: { "
              "other_upstream: blue } }]\n");
  const WireMessage first = proxy.ask(get());
  EXPECT_EQ(first.body, "blue");
  const auto cookie = first.field("Set-Cookie");
  ASSERT_TRUE(cookie.has_value());
  const std::string pin = cookie->substr(0, cookie->find(';'));
  EXPECT_EQ(proxy.ask(get("/", "Cookie: " + pin + "\r\n")).body, "back");
}

}  // namespace
}  // namespace sluice::test
