// What a check makes of the connection that the last one has kept.
#include <gtest/gtest.h>

#include "tests/support/check_bench.hpp"

namespace sluice::health {
namespace {

TEST(HealthCheckReuse, TenRequestsShareAConnectionAndTheLastSaysSo) {
  Origin origin(answers_on(with_length("ok")));
  Bench bench(by_http(), origin.address());
  for (int i = 0; i < 20; ++i) EXPECT_EQ(said(bench.once()), "healthy");
  EXPECT_EQ(origin.connections(), 2U);
  const auto requests = origin.requests();
  ASSERT_EQ(requests.size(), 20U);
  for (std::size_t i = 0; i < 20; ++i)
    EXPECT_EQ(requests[i].head.find("\r\nConnection: close\r\n") != std::string::npos, i % 10 == 9);
}

TEST(HealthCheckReuse, NotWhatIsCheckedSeldom) {
  Origin origin(answers_on(with_length("ok")));
  HealthSpec spec = by_http();
  spec.interval = std::chrono::seconds(11);
  Bench bench(spec, origin.address());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(said(bench.once()), "healthy");
  EXPECT_EQ(origin.connections(), 3U);
}

TEST(HealthCheckReuse, NotAfterWhatIsUnhealthy) {
  Origin origin(answers_on(with_length("no", "500 Oh")));
  Bench bench(by_http(), origin.address());
  for (int i = 0; i < 3; ++i) EXPECT_EQ(said(bench.once()), "unhealthy: status 500");
  EXPECT_EQ(origin.connections(), 3U);
}

TEST(HealthCheckReuse, NotWhatTheEndpointWantsToEnd) {
  for (const std::string response :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 200 OK\r\n\r\nok"}) {
    Origin origin(answers(response));
    Bench bench(by_http(), origin.address());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(said(bench.once()), "healthy");
    EXPECT_EQ(origin.connections(), 3U);
  }
}

// Whether it ends before the next request, on it, or in the midst of the answer.
TEST(HealthCheckReuse, ThatItHasEndedIsNoVerdict) {
  for (const std::string second : {"", "HTTP/1.1 200 OK\r\nContent-Le"}) {
    Origin origin([&](Wire& wire, Origin&) {
      wire.read_message();
      wire.send(with_length("ok"));
      wire.read_message();
      wire.send(second);
    });
    Bench bench(by_http(), origin.address());
    for (int i = 0; i < 3; ++i) EXPECT_EQ(said(bench.once()), "healthy") << second;
    EXPECT_EQ(origin.connections(), 3U);
  }
}

// RFC 9110 section 15.5.9: a server may say so before it ends an idle connection.
TEST(HealthCheckReuse, WhatNobodyAskedForIsNoAnswer) {
  std::atomic<bool> said_408{false};
  Origin origin([&](Wire& wire, Origin& self) {
    wire.read_message();
    wire.send(with_length("ok"));
    if (self.connections() > 1) return;
    wire.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
    said_408 = true;
    wire.closed_by_peer();
  });
  Bench bench(by_http(), origin.address());
  EXPECT_EQ(said(bench.once()), "healthy");
  expect_soon(said_408);
  EXPECT_EQ(said(bench.once()), "healthy");
  EXPECT_EQ(origin.connections(), 2U);
}

TEST(HealthCheckReuse, OneThatHangsTimesOut) {
  Origin origin([](Wire& wire, Origin&) {
    wire.read_message();
    wire.send(with_length("ok"));
    wire.closed_by_peer();
  });
  Bench bench(impatient(by_http()), origin.address());
  EXPECT_EQ(said(bench.once()), "healthy");
  EXPECT_EQ(said(bench.once()), "unhealthy: timed out after 300ms");
  EXPECT_EQ(said(bench.once()), "healthy");
}

TEST(HealthCheckReuse, WhoIsGoneIsGone) {
  auto origin = std::make_unique<Origin>(answers_on(with_length("ok")));
  Bench bench(by_http(), origin->address());
  EXPECT_EQ(said(bench.once()), "healthy");
  origin.reset();
  EXPECT_EQ(said(bench.once()), "unhealthy: connection refused");
}

}  // namespace
}  // namespace sluice::health
