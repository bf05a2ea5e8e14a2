#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

// Cookies and stored partitions carry these values: a change here is a change of format.
TEST(StableHash, KnownAnswersNeverChange) {
  EXPECT_EQ(stable_hash(""), 0x2d06800538d394c2U);
  EXPECT_EQ(stable_hash("a"), 0xe6c632b61e964e1fU);
  EXPECT_EQ(stable_hash("abc"), 0x78af5f94892f3950U);
  EXPECT_NE(stable_hash("abc", 1), stable_hash("abc"));
}

TEST(StableMix, DifferentSaltsGiveUnrelatedHashes) {
  int same_bits = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    same_bits += 64 - __builtin_popcountll(stable_mix(i, 1) ^ stable_mix(i, 2));
  }
  EXPECT_NEAR(same_bits / 64000.0, 0.5, 0.01);
}

}  // namespace
}  // namespace sluice
