// Ten at once, then ten a second, however many want to.
#include "health/telling_pace.hpp"

#include <gtest/gtest.h>

namespace sluice::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const TellingPace::Time kStart{seconds(1'000)};

// How many are told of until then, when somebody wants to every millisecond.
int told_in(TellingPace& pace, TellingPace::Time from, milliseconds time) {
  int told = 0;
  for (auto now = from; now < from + time; now += milliseconds(1)) {
    if (pace.next(now) > now) continue;
    pace.count(now);
    ++told;
  }
  return told;
}

TEST(TellingPace, TheFirstTenAreAtOnce) {
  TellingPace pace;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(pace.next(kStart), kStart) << i;
    pace.count(kStart);
  }
  EXPECT_EQ(pace.next(kStart), kStart + milliseconds(100));
}

TEST(TellingPace, TheOthersAreTenASecond) {
  TellingPace pace;
  EXPECT_EQ(told_in(pace, kStart, seconds(1)), 19);
  EXPECT_EQ(told_in(pace, kStart + seconds(1), seconds(10)), 100);
}

TEST(TellingPace, ARestGivesTheBurstBack) {
  TellingPace pace;
  told_in(pace, kStart, seconds(1));
  EXPECT_EQ(told_in(pace, kStart + seconds(3), milliseconds(1)), 1);
  for (int i = 0; i < 9; ++i) pace.count(pace.next(kStart + seconds(3)));
  EXPECT_GT(pace.next(kStart + seconds(3)), kStart + seconds(3));
}

}  // namespace
}  // namespace sluice::health
