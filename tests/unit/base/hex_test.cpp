#include "base/hex.hpp"

#include <cinttypes>
#include <cstdio>
#include <string>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice {
namespace {

std::string written(std::uint64_t value) {
  std::string out(18, '#');
  put_hex(out.data() + 1, value);
  return out;
}

std::string expected(std::uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof text, "#%016" PRIx64 "#", value);
  return text;
}

TEST(Hex, WritesSixteenDigitsAndNoMore) {
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{0x0123456789abcdef},
                                    std::uint64_t{0x9a9a9a9a9a9a9a9a}, ~std::uint64_t{0}})
    EXPECT_EQ(written(value), expected(value));
  Xoshiro256 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t value = random();
    ASSERT_EQ(written(value), expected(value));
  }
}

TEST(Hex, ReadsDigitsOfBothCasesAndNothingElse) {
  const std::string digits = "0123456789abcdef";
  const std::string upper = "0123456789ABCDEF";
  for (int value = 0; value < 256; ++value) {
    const char c = static_cast<char>(value);
    std::size_t at = digits.find(c);
    if (at == std::string::npos) at = upper.find(c);
    EXPECT_EQ(hex_value(c), at == std::string::npos ? -1 : static_cast<int>(at)) << value;
  }
}

}  // namespace
}  // namespace sluice
