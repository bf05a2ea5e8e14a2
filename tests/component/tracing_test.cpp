// Spans of requests and of their attempts, and what upstreams are told of them.
#include <gtest/gtest.h>

#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

using telemetry::TraceRecord;

const std::string kTracing = "tracing: { otlp: \"http://127.0.0.1:1\", sample: ";
const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "traceparent: 00-" + kTrace + "-b7ad6b7169203331-01\r\n";

// All that is there, once there are that many.
std::vector<std::unique_ptr<TraceRecord>> traces(Proxy& proxy, std::size_t count) {
  std::vector<std::unique_ptr<TraceRecord>> all;
  eventually([&] {
    proxy.traces().take(all, 100);
    return all.size() >= count;
  });
  EXPECT_EQ(all.size(), count);
  return all;
}

template <std::size_t N>
std::string text(const std::array<char, N>& id) {
  return {id.data(), id.size()};
}

TEST(Tracing, TheUpstreamIsTheChildOfTheAttempt) {
  Origin origin(always(ok()));
  Proxy proxy(kTracing + "100% }\n" + one_upstream(origin.address()));
  proxy.ask(get("/a?secret=1", kParent + "tracestate: a=1\r\n"));
  const auto all = traces(proxy, 1);
  ASSERT_EQ(all.size(), 1U);
  const TraceRecord& trace = *all[0];
  EXPECT_EQ(text(trace.trace), kTrace);
  EXPECT_EQ(text(trace.parent), "b7ad6b7169203331");
  EXPECT_EQ(trace.path, "/a");
  EXPECT_EQ(trace.status, 200);
  EXPECT_EQ(trace.upstream, "blue");
  ASSERT_EQ(trace.attempts.size(), 1U);
  EXPECT_EQ(trace.attempts[0].status, 200);
  EXPECT_NE(trace.attempts[0].id, trace.span);
  EXPECT_EQ(origin.requests()[0].field("traceparent"),
            "00-" + kTrace + "-" + text(trace.attempts[0].id) + "-01");
  EXPECT_EQ(origin.requests()[0].field("tracestate"), "a=1");
}

TEST(Tracing, EachAttemptHasItsSpan) {
  Origin bad(always("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"));
  Origin good(always(ok()));
  Proxy proxy(kTracing +
              "1.0 }\nlisteners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n"
              "  blue: { endpoints: [\"" +
              bad.address() + "\"] }\n  green: { endpoints: [\"" + good.address() +
              "\"] }\nroutes: [{ split: { blue: 1, green: 0 }, retry: { attempts: 1, on: [503], "
              "budget: 100%, other_upstream: green } }]\n");
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  const auto all = traces(proxy, 1);
  ASSERT_EQ(all.size(), 1U);
  ASSERT_EQ(all[0]->attempts.size(), 2U);
  EXPECT_EQ(all[0]->attempts[0].status, 503);
  EXPECT_EQ(all[0]->attempts[0].upstream, "blue");
  EXPECT_EQ(all[0]->attempts[1].status, 200);
  EXPECT_EQ(all[0]->attempts[1].upstream, "green");
  const auto span_of = [](Origin& origin) {
    return origin.requests()[0].field("traceparent")->substr(36, 16);
  };
  EXPECT_EQ(span_of(bad), text(all[0]->attempts[0].id));
  EXPECT_EQ(span_of(good), text(all[0]->attempts[1].id));
}

TEST(Tracing, AFailureHasItsName) {
  Proxy proxy(kTracing + "100% }\n" +
              one_upstream("127.0.0.1:1", "", "", ", retry: { attempts: 0 }"));
  EXPECT_EQ(proxy.ask(get()).status(), 502);
  const auto all = traces(proxy, 1);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]->failure, "connect_failed");
  ASSERT_EQ(all[0]->attempts.size(), 1U);
  EXPECT_EQ(all[0]->attempts[0].failure, "connect_failed");
}

TEST(Tracing, WhatIsNotOfTheSampleLeavesNothing) {
  Origin origin(always(ok()));
  Proxy proxy(kTracing + "0% }\n" +
              one_upstream(origin.address(), ", trusted_proxies: [10.0.0.1]"));
  proxy.ask(get("/", kParent));
  EXPECT_TRUE(origin.requests()[0].field("traceparent")->ends_with("-00")) << "nobody records it";
  traces(proxy, 0);
}

TEST(Tracing, ATrustedProxyHasDecided) {
  Origin origin(always(ok()));
  Proxy proxy(kTracing + "0% }\n" +
              one_upstream(origin.address(), ", trusted_proxies: [127.0.0.1]"));
  proxy.ask(get("/", kParent));
  EXPECT_TRUE(origin.requests()[0].field("traceparent")->ends_with("-01"));
  traces(proxy, 1);
}

// A route may keep its upstream out of it.
TEST(Tracing, WithoutTheFieldThereIsNothingToTell) {
  Origin origin(always(ok()));
  Proxy proxy(kTracing + "100% }\n" +
              one_upstream(origin.address(), "", "",
                           ", rewrite: { request_headers: { remove: [traceparent] } }"));
  EXPECT_EQ(proxy.ask(get("/", kParent)).status(), 200);
  EXPECT_FALSE(origin.requests()[0].field("traceparent"));
  traces(proxy, 1);
}

TEST(Tracing, StateWithoutATraceIsDropped) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address()));
  proxy.ask(get("/", "traceparent: 00-0-0-0\r\ntracestate: a=1\r\n"));
  EXPECT_FALSE(origin.requests()[0].field("tracestate"));
  EXPECT_TRUE(origin.requests()[0].field("traceparent"));
}

}  // namespace
}  // namespace sluice::test
