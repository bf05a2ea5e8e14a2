#include "base/parse.hpp"

#include <limits>

#include <gtest/gtest.h>

namespace sluice {
namespace {

struct IntegerCase {
  std::string text;
  std::string error;  // empty: valid
  std::uint64_t value = 0;
};

TEST(ParseInteger, TakesWholeStringsOnly) {
  const IntegerCase cases[]{
      {"0", "", 0},
      {"10", "", 10},
      {"100", "", 100},
      {"", "a number is missing"},
      {"010", "leading zero: write 10"},
      {"00", "leading zero: write 0"},
      {"101", "'101' is out of range: 0 to 100"},
      {"99999999999999999999", "'99999999999999999999' is out of range: 0 to 100"},
      {"-1", "'-1' is negative"},
      {"+1", "'+1' is not a number"},
      {" 1", "' 1' is not a number"},
      {"1 ", "'1 ' is not a number"},
      {"12abc", "'12abc' is not a number"},
      {"1.5", "'1.5' is not a whole number"},
      {"0x10", "'0x10' is not a decimal number"},
      {"0o10", "'0o10' is not a decimal number"},
      {"1e3", "'1e3' is not a number"},
      {"1_000", "'1_000' is not a number"},
  };
  for (const auto& it : cases) {
    const auto result = parse_integer(it.text, 0, 100);
    ASSERT_EQ(result.ok(), it.error.empty()) << it.text;
    if (result.ok()) {
      EXPECT_EQ(*result, it.value) << it.text;
    } else {
      EXPECT_EQ(result.error(), it.error) << it.text;
    }
  }
}

TEST(ParseInteger, ReachesTheLargestValue) {
  const auto most = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(*parse_integer("18446744073709551615", 0, most), most);
  EXPECT_FALSE(parse_integer("18446744073709551616", 0, most).ok());
}

TEST(ParseReal, TakesPlainDecimalsOnly) {
  EXPECT_EQ(*parse_real("0.25", 0, 1), 0.25);
  EXPECT_EQ(*parse_real("1", 0, 1), 1);
  for (const auto* text : {"", ".", "1.", ".5", "-0.1", "1e-3", "nan", "inf", "0.5x", "2", "0,5"}) {
    EXPECT_FALSE(parse_real(text, 0, 1).ok()) << text;
  }
}

}  // namespace
}  // namespace sluice
