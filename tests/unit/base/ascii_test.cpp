#include "base/ascii.hpp"

#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

// Every byte against every byte that may stand in a lower-case name.
TEST(Iequals, FoldsLettersAndNothingElse) {
  for (int wanted = 0; wanted < 256; ++wanted) {
    if (wanted >= 'A' && wanted <= 'Z') continue;  // the pattern is in lower case
    for (int given = 0; given < 256; ++given) {
      const bool same = given == wanted || (wanted >= 'a' && wanted <= 'z' && given == wanted - 32);
      const char text = static_cast<char>(given);
      const char lower = static_cast<char>(wanted);
      ASSERT_EQ(iequals({&text, 1}, {&lower, 1}), same) << given << " and " << wanted;
    }
  }
}

TEST(Iequals, LooksAtEveryByteAndAtTheLength) {
  const std::string lower = "transfer-encoding-100";
  EXPECT_TRUE(iequals("Transfer-ENCODING-100", lower));
  for (std::size_t i = 0; i < lower.size(); ++i) {
    std::string other = lower;
    other[i] = '_';
    EXPECT_FALSE(iequals(other, lower)) << i;
  }
  EXPECT_FALSE(iequals("transfer-encoding", lower));
  EXPECT_TRUE(iequals("", ""));
}

}  // namespace
}  // namespace sluice
