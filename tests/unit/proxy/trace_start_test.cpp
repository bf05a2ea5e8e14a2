// Which trace a request belongs to, and whether it is recorded.
#include <gtest/gtest.h>

#include "proxy/forwarded.hpp"

namespace sluice::proxy {
namespace {

constexpr std::string_view kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kCame = "00-" + std::string(kTrace) + "-b7ad6b7169203331-";

struct Told {
  std::string traceparent;
  bool sampled = false;
  bool keeps_state = false;
  bool continues() const { return traceparent.substr(3, 32) == kTrace; }
  std::string flags() const { return traceparent.substr(53); }
};

// `share`: negative: nothing is recorded.
Told told(const std::vector<std::string>& parents, double share, bool trusted = false,
          std::string_view state = {}) {
  RequestHead head;
  for (const std::string& parent : parents)
    head.fields.add("traceparent", parent, FieldId::traceparent);
  if (!state.empty()) head.fields.add("tracestate", state, FieldId::tracestate);
  Peer peer;
  peer.ip = "10.0.0.1";
  peer.trusted = trusted;
  Xoshiro256 random(7);
  ForwardingBuilder builder;
  if (share >= 0) builder.record_traces(share);
  const Forwarding out = builder.build(head, peer, {}, random);
  EXPECT_TRUE(is_valid_traceparent(out.traceparent)) << out.traceparent;
  EXPECT_NE(out.traceparent.substr(36, 16), "b7ad6b7169203331") << "a span of our own";
  return {std::string(out.traceparent), out.sampled, out.keeps_tracestate};
}

TEST(TraceStart, WithoutTracingFlagsPassAsTheyCame) {
  for (const std::string flags : {"00", "01", "03"}) {
    const Told out = told({kCame + flags}, -1);
    EXPECT_TRUE(out.continues());
    EXPECT_EQ(out.flags(), flags);
    EXPECT_FALSE(out.sampled);
  }
  EXPECT_EQ(told({}, -1).flags(), "00");
}

TEST(TraceStart, TrustedPeersHaveDecidedOthersAreDrawnFor) {
  struct Row {
    std::string came;
    double share;
    bool trusted, sampled;
  };
  const Row rows[] = {{"01", 0, true, true},  {"00", 1, true, false}, {"01", 0, false, false},
                      {"00", 1, false, true}, {"", 1, true, true},    {"", 0, true, false},
                      {"", 1, false, true}};
  for (const Row& row : rows) {
    const Told out = row.came.empty() ? told({}, row.share, row.trusted)
                                      : told({kCame + row.came}, row.share, row.trusted);
    EXPECT_EQ(out.sampled, row.sampled) << row.came << row.share << row.trusted;
    EXPECT_EQ(out.flags(), row.sampled ? "01" : "00");
    EXPECT_EQ(out.continues(), !row.came.empty());
  }
}

TEST(TraceStart, WhatCannotBeReadIsStartedAnew) {
  const std::string zeros = "00-00000000000000000000000000000000-b7ad6b7169203331-01";
  EXPECT_FALSE(told({zeros}, 0, true, "a=1").continues());
  EXPECT_FALSE(told({zeros}, 0, true, "a=1").keeps_state);
  EXPECT_FALSE(told({kCame + "01", kCame + "01"}, 0, true).continues()) << "which one?";
  EXPECT_TRUE(told({"cc-" + kCame.substr(3) + "01-more"}, 0).traceparent.starts_with("00-"));
}

TEST(TraceStart, StateGoesOnWithItsTraceOnly) {
  EXPECT_TRUE(told({kCame + "01"}, -1, false, "a=1,b=2").keeps_state);
  EXPECT_FALSE(told({kCame + "01"}, -1, false, "a=1,B=2").keeps_state);
  EXPECT_FALSE(told({}, -1, false, "a=1").keeps_state);
  std::string many = "a=1";
  for (int i = 0; i < 32; ++i) many += ",a=1";
  EXPECT_FALSE(told({kCame + "01"}, -1, false, many).keeps_state);
}

}  // namespace
}  // namespace sluice::proxy
