#include "base/units.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using std::chrono::milliseconds;

TEST(Durations, AreRead) {
  const std::pair<const char*, long> cases[]{
      {"250ms", 250}, {"10s", 10'000}, {"5m", 300'000}, {"1h", 3'600'000},    {"0", 0},
      {"0s", 0},      {"1.5s", 1'500}, {"0.001s", 1},   {"2.25h", 8'100'000}, {"1.000000s", 1'000}};
  for (const auto& [text, count] : cases) {
    const auto result = parse_duration(text);
    ASSERT_TRUE(result.ok()) << text << ": " << result.error();
    EXPECT_EQ(result->count(), count) << text;
  }
}

TEST(Durations, ExplainWhatIsWrong) {
  const std::pair<const char*, const char*> cases[]{
      {"", "a duration is missing"},
      {"60", "'60' needs a unit: write 60s or 60ms"},
      {"10d", "'d' is not a unit of time: use ms, s, m or h"},
      {"10 s", "' s' is not a unit of time: use ms, s, m or h"},
      {"ten", "'ten' is not a duration such as 250ms or 10s"},
      {"-1s", "'-1s' is not a duration such as 250ms or 10s"},
      {"010s", "leading zero: write 10"},
      {"1.5ms", "'1.5ms': finer than one millisecond"},
      {"1.s", "'1.s': a fraction has 1 to 6 digits"},
      {"1.2.3s", "'2.3' is not a fraction"},
      {".5s", "a number is missing"},
      {"1s500ms", "'s500ms' is not a unit of time: use ms, s, m or h"},
      {"100000h", "'100000' is out of range: 0 to 87660"},
  };
  for (const auto& [text, error] : cases) {
    const auto result = parse_duration(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_NE(result.error().find(error), std::string::npos) << text << ": " << result.error();
  }
}

TEST(Durations, AreFormattedAndReadBack) {
  const std::pair<long, const char*> cases[]{{0, "0s"},         {1, "1ms"},       {250, "250ms"},
                                             {1'000, "1s"},     {90'000, "90s"},  {60'000, "1m"},
                                             {1'500, "1500ms"}, {7'200'000, "2h"}};
  for (const auto& [count, text] : cases) {
    EXPECT_EQ(format_duration(milliseconds(count)), text);
    EXPECT_EQ(parse_duration(text)->count(), count);
  }
}

TEST(Sizes, AreReadAndFormatted) {
  const std::pair<const char*, std::uint64_t> cases[]{
      {"512", 512},      {"512B", 512},        {"16KiB", 16'384},          {"1MB", 1'000'000},
      {"1MiB", 1 << 20}, {"3GiB", 3ULL << 30}, {"2TB", 2'000'000'000'000}, {"0", 0}};
  for (const auto& [text, bytes] : cases) {
    const auto result = parse_size(text);
    ASSERT_TRUE(result.ok()) << text << ": " << result.error();
    EXPECT_EQ(*result, bytes) << text;
    EXPECT_EQ(*parse_size(format_size(bytes)), bytes) << text;
  }
  EXPECT_EQ(format_size(16'384), "16KiB");
  EXPECT_EQ(format_size(1'000), "1000");
  EXPECT_EQ(format_size(0), "0");
}

TEST(Sizes, ExplainWhatIsWrong) {
  for (const auto* text : {"", "KiB", "1 KiB", "1kb", "-1", "1.5MiB", "010", "20000000TiB"}) {
    EXPECT_FALSE(parse_size(text).ok()) << text;
  }
  EXPECT_EQ(parse_size("1kb").error(),
            "'kb' is not a unit of size: use KiB, MiB, GiB, KB, MB or GB");
}

TEST(Ratios, AreReadAndFormatted) {
  EXPECT_EQ(*parse_ratio("5%"), 0.05);
  EXPECT_EQ(*parse_ratio("0.05"), 0.05);
  EXPECT_EQ(*parse_ratio("100%"), 1);
  for (const auto* text : {"", "%", "101%", "1.1", "5", "5 %", "-1%", "x"}) {
    EXPECT_FALSE(parse_ratio(text).ok()) << text;
  }
  EXPECT_EQ(format_ratio(0.05), "5%");
  for (int i = 0; i <= 1'000; ++i) {
    const double ratio = i / 1'000.0;
    EXPECT_EQ(*parse_ratio(format_ratio(ratio)), ratio) << i;
  }
}

}  // namespace
}  // namespace sluice
