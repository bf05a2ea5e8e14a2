#include "base/trace_context.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";
const std::string kIds = kTrace + "-" + kSpan;

TEST(TraceParent, WhatIsRead) {
  const std::pair<std::string, int> rows[] = {
      {"00-" + kIds + "-01", 1},
      {"00-" + kIds + "-00", 0},
      {"00-" + kIds + "-03", 3},
      {"00-" + kIds + "-ff", 255},
      {"cc-" + kIds + "-01", 1},  // a later version
      {"cc-" + kIds + "-01-what-the-future-brings", 1},
  };
  for (const auto& [text, flags] : rows) {
    const auto parent = parse_traceparent(text);
    ASSERT_TRUE(parent) << text;
    EXPECT_EQ(parent->trace_id, kTrace);
    EXPECT_EQ(parent->span_id, kSpan);
    EXPECT_EQ(parent->flags, flags) << text;
  }
}

TEST(TraceParent, WhatIsNone) {
  const std::string zeros(32, '0');
  for (const std::string& text :
       {std::string(), "00-" + kIds + "-0", "00-" + kIds + "-01-x", "00-" + kIds + "-01 ",
        "00-" + kIds + "-0g", "00-" + kIds + "-0A", "ff-" + kIds + "-01", "0-" + kIds + "-01",
        "0X-" + kIds + "-01", "cc-" + kIds + "-01x", "00-" + zeros + "-" + kSpan + "-01",
        "00-" + kTrace + "-0000000000000000-01", "00-" + kTrace + "_" + kSpan + "-01",
        "00-0AF7651916cd43dd8448eb211c80319c-" + kSpan + "-01", "00_" + kIds + "-01", kIds + "-01",
        "00-" + kSpan + "-" + kTrace + "-01"})
    EXPECT_FALSE(parse_traceparent(text)) << text;
}

TEST(TraceState, Members) {
  const std::pair<std::string, int> rows[] = {
      {"", 0},
      {"a=1", 1},
      {"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", 2},
      {" a=1 ,\tb=2, ,", 2},
      {"1tenant@sys=a b", 1},
      {"a_-*/=!", 1},
      {"a", -1},
      {"a=", -1},
      {"=1", -1},
      {"A=1", -1},
      {"a=1=2", -1},
      {"a@b@c=1", -1},
      {"a=\x7f", -1},
      {"a=\xc3\xa4", -1},
      {std::string(256, 'a') + "=" + std::string(256, 'b'), 1},
      {std::string(257, 'a') + "=1", -1},
      {"a=" + std::string(257, 'b'), -1},
  };
  for (const auto& [text, members] : rows) {
    const auto count = count_tracestate(text);
    EXPECT_EQ(count ? static_cast<int>(*count) : -1, members) << text;
  }
}

}  // namespace
}  // namespace sluice
