// Token buckets: what comes evenly passes, what comes at once passes up to the burst.
#include "routing/rate_limit.hpp"

#include <gtest/gtest.h>

namespace sluice::routing {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

const RateLimiter::Time kStart{std::chrono::hours(10)};

RateLimitSpec spec(std::uint32_t requests, milliseconds per, std::uint32_t burst = 0) {
  return {.requests = requests, .per = per, .burst = burst, .header = {}};
}

int passed(RateLimiter& limiter, std::string_view client, int requests, RateLimiter::Time now) {
  int count = 0;
  for (int i = 0; i < requests; ++i) count += limiter.take(client, now) == nanoseconds(0) ? 1 : 0;
  return count;
}

TEST(RateLimiter, LetsABurstInAndThenTheRate) {
  RateLimiter limiter(spec(10, milliseconds(1'000), 4), 1);
  EXPECT_EQ(passed(limiter, "a", 9, kStart), 4);
  EXPECT_EQ(passed(limiter, "a", 9, kStart + milliseconds(99)), 0);
  EXPECT_EQ(passed(limiter, "a", 9, kStart + milliseconds(100)), 1);
  EXPECT_EQ(passed(limiter, "a", 9, kStart + milliseconds(10'000)), 4);  // never more than a burst
}

TEST(RateLimiter, SaysWhenToComeBack) {
  RateLimiter limiter(spec(2, milliseconds(1'000), 1), 1);
  EXPECT_EQ(limiter.take("a", kStart), nanoseconds(0));
  EXPECT_EQ(limiter.take("a", kStart), milliseconds(500));
  EXPECT_EQ(limiter.take("a", kStart + milliseconds(200)), milliseconds(300));
  EXPECT_EQ(limiter.take("a", kStart + milliseconds(500)), nanoseconds(0));
}

TEST(RateLimiter, ClientsDoNotPayForEachOther) {
  RateLimiter limiter(spec(5, milliseconds(1'000)), 1);
  for (int i = 0; i < 1'000; ++i)
    EXPECT_EQ(passed(limiter, "client " + std::to_string(i), 9, kStart), 5) << i;
}

// In the long run no more than the rate, however it is asked.
TEST(RateLimiter, KeepsTheRate) {
  RateLimiter limiter(spec(100, milliseconds(1'000), 10), 1);
  int count = 0;
  for (int ms = 0; ms < 20'000; ++ms) count += passed(limiter, "a", 3, kStart + milliseconds(ms));
  EXPECT_EQ(count, 10 + 1'999);
}

// A crowd of strangers pushes out who has been quiet, and nobody is refused for it.
TEST(RateLimiter, AFullTableIsMildNotStrict) {
  RateLimiter limiter(spec(1, milliseconds(60'000)), 1, 512);
  for (int i = 0; i < 20'000; ++i)
    EXPECT_EQ(passed(limiter, "stranger " + std::to_string(i), 1, kStart + milliseconds(i)), 1);
}

}  // namespace
}  // namespace sluice::routing
