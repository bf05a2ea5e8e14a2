#include "telemetry/otlp.hpp"

#include <algorithm>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include "telemetry/trace_queue.hpp"

namespace sluice::telemetry {
namespace {

namespace json = boost::json;
using std::chrono::nanoseconds;
using Time = std::chrono::steady_clock::time_point;

template <std::size_t N>
std::array<char, N> id(char digit) {
  std::array<char, N> out;
  out.fill(digit);
  return out;
}

std::unique_ptr<TraceRecord> record() {
  auto trace = std::make_unique<TraceRecord>();
  trace->trace = id<32>('a');
  trace->span = id<16>('b');
  trace->began = Time(nanoseconds(5));
  trace->ended = Time(nanoseconds(9));
  trace->method = "GET";
  trace->route = "shop";
  trace->status = 200;
  return trace;
}

json::array spans(const std::vector<std::unique_ptr<TraceRecord>>& traces) {
  const json::value parsed = json::parse(otlp_traces(traces, "edge", nanoseconds(1'000)));
  const json::value& resource = parsed.at("resourceSpans").at(0);
  EXPECT_EQ(json::serialize(resource.at("resource")),
            R"({"attributes":[{"key":"service.name","value":{"stringValue":"edge"}}]})");
  return resource.at("scopeSpans").at(0).at("spans").as_array();
}

std::string attribute(const json::value& span, std::string_view key) {
  for (const json::value& one : span.at("attributes").as_array())
    if (one.at("key").as_string() == key)
      return json::serialize(one.at("value").as_object().begin()->value());
  return "-";
}

TEST(Otlp, ARequestAndItsAttempts) {
  std::vector<std::unique_ptr<TraceRecord>> traces;
  traces.push_back(record());
  traces[0]->attempts.push_back({.id = id<16>('c'),
                                 .began = Time(nanoseconds(6)),
                                 .ended = Time(nanoseconds(7)),
                                 .upstream = "blue",
                                 .endpoint = "127.0.0.1:80",
                                 .failure = "connect_failed"});
  traces[0]->attempts.push_back({.id = id<16>('d'),
                                 .began = Time(nanoseconds(7)),
                                 .ended = Time(nanoseconds(8)),
                                 .upstream = "blue",
                                 .endpoint = "127.0.0.1:81",
                                 .status = 200,
                                 .failure = {}});
  const json::array all = spans(traces);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].at("name").as_string(), "GET shop");
  EXPECT_EQ(all[0].at("kind").as_int64(), 2);
  EXPECT_EQ(all[0].at("startTimeUnixNano").as_string(), "1005");
  EXPECT_EQ(all[0].at("endTimeUnixNano").as_string(), "1009");
  EXPECT_FALSE(all[0].as_object().contains("parentSpanId"));
  EXPECT_FALSE(all[0].as_object().contains("status"));
  EXPECT_EQ(attribute(all[0], "http.response.status_code"), "\"200\"");
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_EQ(all[i].at("traceId").as_string(), std::string(32, 'a'));
    EXPECT_EQ(all[i].at("parentSpanId").as_string(), std::string(16, 'b'));
    EXPECT_EQ(all[i].at("kind").as_int64(), 3);
  }
  EXPECT_EQ(attribute(all[1], "error.type"), "\"connect_failed\"");
  EXPECT_EQ(attribute(all[1], "http.response.status_code"), "-");
  EXPECT_EQ(all[1].at("status").at("code").as_int64(), 2);
  EXPECT_EQ(attribute(all[2], "http.request.resend_count"), "\"1\"");
}

TEST(Otlp, WhatStrangersSendIsText) {
  std::vector<std::unique_ptr<TraceRecord>> traces;
  traces.push_back(record());
  traces[0]->parent = id<16>('e');
  traces[0]->user_agent = "a\"b\\c\x01\xff\xc3\xa4";
  traces[0]->status = 503;
  const json::array all = spans(traces);
  EXPECT_EQ(all[0].at("parentSpanId").as_string(), std::string(16, 'e'));
  EXPECT_EQ(all[0].at("status").at("code").as_int64(), 2);
  EXPECT_EQ(json::parse(attribute(all[0], "user_agent.original")).as_string(),
            "a\"b\\c\x01\xEF\xBF\xBD\xc3\xa4");
}

TEST(TraceQueue, IsBoundedAndCounts) {
  TraceQueue queue;
  for (std::size_t i = 0; i < TraceQueue::kTracesMax + 3; ++i) queue.put(record());
  EXPECT_EQ(queue.spans_dropped(), 3U);
  std::vector<std::unique_ptr<TraceRecord>> some;
  queue.take(some, 10);
  EXPECT_EQ(some.size(), 10U);
  queue.put(record());
  EXPECT_EQ(queue.spans_dropped(), 3U);
  queue.take(some, 2 * TraceQueue::kTracesMax);
  EXPECT_EQ(some.size(), TraceQueue::kTracesMax + 1);
}

}  // namespace
}  // namespace sluice::telemetry
