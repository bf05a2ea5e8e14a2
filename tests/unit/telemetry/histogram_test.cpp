#include "telemetry/histogram.hpp"

#include <memory>

#include <gtest/gtest.h>

#include "telemetry/shard.hpp"

namespace sluice::telemetry {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

TEST(Histogram, EveryBoundaryIsInItsBucketAndTheNextMicrosecondInTheNext) {
  for (std::size_t i = 0; i + 1 < Histogram::kBuckets; ++i) {
    EXPECT_LT(Histogram::upper_us(i), Histogram::upper_us(i + 1)) << i;
    EXPECT_EQ(Histogram::bucket_of(Histogram::upper_us(i)), i);
    EXPECT_EQ(Histogram::bucket_of(Histogram::upper_us(i) + 1), i + 1);
  }
  EXPECT_EQ(Histogram::bucket_of(~std::uint64_t{0} / 2), Histogram::kBuckets - 1);
}

TEST(Histogram, WhatPeopleWriteAsBoundariesIsExact) {
  for (const std::uint64_t us :
       {1ULL, 5ULL, 10ULL, 50ULL, 100ULL, 250ULL, 500ULL, 1'000ULL, 2'500ULL, 5'000ULL, 10'000ULL,
        25'000ULL, 75'000ULL, 100'000ULL, 500'000ULL, 1'000'000ULL, 2'500'000ULL, 10'000'000ULL})
    EXPECT_EQ(Histogram::upper_us(Histogram::bucket_of(us)), us);
}

TEST(Histogram, ADurationIsNeverCountedBelowItself) {
  auto histogram = std::make_unique<Histogram>();
  histogram->add(nanoseconds(1));
  histogram->add(nanoseconds(1'000));
  histogram->add(nanoseconds(1'001));
  histogram->add(nanoseconds(0));
  histogram->add(nanoseconds(-5));
  EXPECT_EQ(histogram->count_in(0), 2U);
  EXPECT_EQ(histogram->count_in(1), 2U);
  EXPECT_EQ(histogram->count_in(2), 1U);
}

TEST(HistogramSum, CountsUpToABoundary) {
  auto histogram = std::make_unique<Histogram>();
  for (int us = 1; us <= 1000; ++us) histogram->add(microseconds(us));
  HistogramSum sum;
  sum.add(*histogram);
  EXPECT_EQ(sum.count(), 1000U);
  EXPECT_EQ(sum.sum_us(), 500'500U);
  for (const std::uint64_t us : {1U, 9U, 10U, 99U, 100U, 250U, 990U, 1000U})
    EXPECT_EQ(sum.count_up_to(us), us);
}

TEST(HistogramSum, QuantilesAreRightToTenPercent) {
  auto histogram = std::make_unique<Histogram>();
  for (int i = 1; i <= 100'000; ++i) histogram->add(microseconds(i));
  HistogramSum sum;
  sum.add(*histogram);
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = q * 100'000;
    EXPECT_GE(static_cast<double>(sum.quantile_us(q)), exact);
    EXPECT_LE(static_cast<double>(sum.quantile_us(q)), exact * 1.1);
  }
  EXPECT_EQ(HistogramSum().quantile_us(0.5), 0U);
}

TEST(HistogramSum, TheDifferenceIsWhatCameBetween) {
  auto histogram = std::make_unique<Histogram>();
  histogram->add(microseconds(5));
  HistogramSum before;
  before.add(*histogram);
  histogram->add(microseconds(500));
  HistogramSum after;
  after.add(*histogram);
  after.subtract(before);
  EXPECT_EQ(after.count(), 1U);
  EXPECT_EQ(after.quantile_us(1.0), 500U);
}

// ---- shard -------------------------------------------------------------------------------------

TEST(CodeIndex, KnownCodesHaveTheirOwnAndOthersTheirClass) {
  for (std::size_t i = 0; i < kKnownCodes.size(); ++i) EXPECT_EQ(code_index(kKnownCodes[i]), i);
  EXPECT_EQ(code_index(299), code_index(250));
  EXPECT_NE(code_index(299), code_index(399));
  EXPECT_EQ(code_index(599), code_index(590));
  for (const int code : {0, 99, 100, 599, 600, 999, 65535})
    EXPECT_LT(code_index(static_cast<std::uint16_t>(code)), kCodeCount);
}

TEST(SlotTable, EntriesNeverMoveAndAreMissingUntilMade) {
  auto table = std::make_unique<SlotTable<EndpointCounters>>();
  EXPECT_EQ(table->find(3), nullptr);
  EndpointCounters& third = table->ensure(3);
  for (std::uint32_t slot = 0; slot < 1000; ++slot) table->ensure(slot);
  EXPECT_EQ(&table->ensure(3), &third);
  EXPECT_EQ(table->find(3), &third);
  third.connections_idle.add(2);
  third.connections_idle.sub();
  EXPECT_EQ(table->find(3)->connections_idle.load(), 1U);
}

TEST(SlotTable, BeyondTheEndAllShareOne) {
  auto table = std::make_unique<SlotTable<RouteCounters>>();
  using Table = SlotTable<RouteCounters>;
  EXPECT_EQ(&table->ensure(Table::kMax), &table->ensure(0xffffffff));
  EXPECT_EQ(table->find(Table::kMax + 5), &table->ensure(Table::kMax - 1));
}

}  // namespace
}  // namespace sluice::telemetry
