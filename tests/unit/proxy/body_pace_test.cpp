#include <gtest/gtest.h>

#include "proxy/http1/body_reader.hpp"

namespace sluice::proxy::http1 {
namespace {

using std::chrono::seconds;

TEST(BodyPace, WithoutARateOnlyTheGapCounts) {
  EXPECT_EQ(patience({seconds(30)}, 0, seconds(0)), seconds(30));
  EXPECT_EQ(patience({seconds(30)}, 1, seconds(3600)), seconds(30));
}

// Thirty seconds are given, a second more for each hundred bytes; what was waited is taken off.
TEST(BodyPace, EveryByteEarnsTimeAndEveryWaitSpendsIt) {
  const BodyPace pace{seconds(30), 100};
  EXPECT_EQ(patience(pace, 0, seconds(0)), seconds(30));
  EXPECT_EQ(patience(pace, 0, seconds(12)), seconds(18));
  EXPECT_EQ(patience(pace, 500, seconds(30)), seconds(5));
  EXPECT_EQ(patience(pace, 500, seconds(35)), seconds(0));
  EXPECT_EQ(patience(pace, 500, seconds(99)), seconds(0));
  EXPECT_EQ(patience(pace, 1'000'000, seconds(60)), seconds(30)) << "never more than the gap";
}

}  // namespace
}  // namespace sluice::proxy::http1
