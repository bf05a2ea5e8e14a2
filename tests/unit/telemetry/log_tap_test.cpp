// One worker's end of the access log: bounds, blocks that come back, the sample.
#include "telemetry/log_tap.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "tests/support/allocation_count.hpp"

namespace sluice::telemetry {
namespace {

constexpr std::size_t kMany = 100'000;

class LogTapTest : public testing::Test {
 protected:
  std::size_t empty_queue() {
    std::size_t count = 0;
    for (LogRecord* record = nullptr; queue_.try_dequeue(record); ++count)
      LogTap::give_back(record);
    return count;
  }
  LogQueue queue_{16 * 1'024, 2, 0};
};

TEST_F(LogTapTest, TakesAsManyAsItMayAndCountsTheRest) {
  LogTap tap(queue_, {2'000, 1 << 30}, 1.0, false);
  for (int round = 1; round < 20; ++round) {
    for (int i = 0; i < 2'500; ++i) tap.hand_over(tap.take(100));
    EXPECT_EQ(tap.dropped(), 500U * round);
    EXPECT_EQ(empty_queue(), 2'000U);
  }
}

TEST_F(LogTapTest, TheWholeShareOfOneWorkerFitsTheQueue) {
  LogTap tap(queue_, {16 * 1'024, 1 << 30}, 1.0, false);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 16 * 1'024; ++i) tap.hand_over(tap.take(100));
    EXPECT_EQ(tap.dropped(), 0U);
    EXPECT_EQ(empty_queue(), 16U * 1'024);
  }
}

TEST_F(LogTapTest, IsBoundedInBytesToo) {
  LogTap tap(queue_, {2'000, 100 * LogTap::kLarge}, 1.0, false);
  for (int i = 0; i < 150; ++i) tap.hand_over(tap.take(5'000));
  EXPECT_EQ(tap.dropped(), 50U);
  EXPECT_EQ(empty_queue(), 100U);
}

TEST_F(LogTapTest, BlocksComeBackAndNothingIsAllocated) {
  if (!test::allocations_are_counted()) GTEST_SKIP() << "a sanitizer owns operator new here";
  LogTap tap(queue_, {2'000, 1 << 30}, 1.0, false);
  const auto requests = [&] {
    for (int i = 0; i < 10'000; ++i) {
      const LogDraft given_up = tap.take(100);
      tap.hand_over(tap.take(i % 5 == 0 ? 5'000 : 100));
      if (i % 10 == 9) {
        EXPECT_EQ(empty_queue(), 10U);
      }
    }
  };
  std::thread([&] {  // whose mark goes away with it
    test::count_allocations_of_this_thread();
    requests();
    const std::uint64_t warm = test::allocations_counted();
    requests();
    EXPECT_EQ(test::allocations_counted() - warm, 0U);
  })
      .join();
  EXPECT_EQ(tap.dropped(), 0U);
}

TEST_F(LogTapTest, MoreInFlightThanTheSlabHoldsIsNoDrop) {
  LogTap tap(queue_, {1'024, 1 << 30}, 1.0, false);
  std::vector<LogDraft> in_flight;
  for (int i = 0; i < 5'000; ++i) in_flight.push_back(tap.take(100));
  for (LogDraft& draft : in_flight) {
    tap.hand_over(std::move(draft));
    empty_queue();
  }
  EXPECT_EQ(tap.dropped(), 0U);
}

TEST_F(LogTapTest, DrawsItsSample) {
  Xoshiro256 random(1);
  for (const double share : {0.0, 0.25, 1.0}) {
    const LogTap tap(queue_, {1'024, 1 << 20}, share, false);
    std::size_t drawn = 0;
    for (std::size_t i = 0; i < kMany; ++i) drawn += tap.draws(random) ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(drawn), share * kMany, share == 0.25 ? 600.0 : 0.0);
  }
}

}  // namespace
}  // namespace sluice::telemetry
