#include "base/suggest.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Suggest, FindsTheLikelySlip) {
  const std::vector<std::string> words{"weight", "address", "http_only", "ttl"};
  EXPECT_EQ(suggest("wieght", words), "weight");
  EXPECT_EQ(suggest("Weight", words), "weight");
  EXPECT_EQ(suggest("adress", words), "address");
  EXPECT_EQ(suggest("httponly", words), "http_only");
  EXPECT_EQ(suggest("tll", words), "ttl");
}

TEST(Suggest, StaysSilentWhenNothingIsNear) {
  const std::vector<std::string> words{"blue", "x"};
  EXPECT_EQ(suggest("canary", words), "");
  EXPECT_EQ(suggest("", words), "");
  EXPECT_EQ(suggest("y", words), "");
  EXPECT_EQ(suggest(std::string(1'000, 'b'), words), "");
  EXPECT_EQ(suggest("blue", {}), "");
}

}  // namespace
}  // namespace sluice
