#include "rollout/rate_test.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace sluice::rollout {
namespace {

double evidence(const RateTest& test) {
  return std::exp(test.log_evidence());
}

// The expectation over all outcomes of `left` requests, each bad with probability `rate`.
double expectation(const RateTest& test, double rate, int left) {
  if (left == 0) return evidence(test);
  RateTest bad = test;
  RateTest good = test;
  bad.observe({1, 1});
  good.observe({0, 1});
  return rate * expectation(bad, rate, left - 1) + (1 - rate) * expectation(good, rate, left - 1);
}

TEST(RateTest, HasExpectationOfAtMostOneUnderTheNullHypothesis) {
  for (const double limit : {0.001, 0.05, 0.5}) {
    const RateTest above = RateTest::above(limit);
    const RateTest at_most = RateTest::at_most(limit);
    EXPECT_NEAR(expectation(above, limit, 10), 1, 1e-9) << limit;
    EXPECT_NEAR(expectation(at_most, limit, 10), 1, 1e-9) << limit;
    EXPECT_LT(expectation(above, limit / 2, 10), 1) << limit;
    EXPECT_LT(expectation(at_most, limit * 1.5, 10), 1) << limit;
    EXPECT_GT(expectation(above, limit * 1.5, 10), 1) << limit;
    EXPECT_GT(expectation(at_most, limit / 2, 10), 1) << limit;
  }
}

// The factor of one request is (q / delta)^x ((1 - q) / (1 - delta))^(1 - x), with q of the odds
// given.
TEST(RateTest, IsTheRatioOfTwoRates) {
  const double limit = 0.05;
  double bad = 0;
  double good = 0;
  for (const double odds : {0x1p-10, 1.0 / 16, 1.0 / 8, 0.25, 0.5}) {
    const double q = odds * limit / (1 - limit + odds * limit);
    bad += q / limit / 5;
    good += (1 - q) / (1 - limit) / 5;
  }
  RateTest test = RateTest::at_most(limit);
  RateTest other = test;
  test.observe({1, 1});
  other.observe({0, 1});
  EXPECT_NEAR(evidence(test), bad, 1e-12);
  EXPECT_NEAR(evidence(other), good, 1e-12);
}

int good_requests_until_certified(double limit) {
  RateTest test = RateTest::at_most(limit);
  int requests = 0;
  for (; !test.reaches(std::log(20)); ++requests) test.observe({0, 1});
  return requests;
}

// log(20) = 3.0 of them would do for a test that bets on "none at all" and nothing else.
TEST(RateTest, CertifiesAFloorAfterAboutThreeOverItGoodRequests) {
  for (const double floor : {0.05, 0.01, 0.001}) {
    const double scaled = good_requests_until_certified(floor) * floor;
    EXPECT_GT(scaled, 2.9) << floor;
    EXPECT_LT(scaled, 3.5) << floor;
  }
}

TEST(RateTest, CertifiesAFloorInSpiteOfAFewErrorsButNotOfMany) {
  RateTest few = RateTest::at_most(0.01);
  RateTest many = few;
  for (int tick = 0; tick < 1000; ++tick) {
    few.observe({tick % 100 == 0 ? 1U : 0U, 10});
    many.observe({tick % 10 == 0 ? 1U : 0U, 10});
  }
  EXPECT_TRUE(few.reaches(std::log(20)));
  EXPECT_FALSE(many.reaches(0));
}

TEST(RateTest, FindsALateExcessAndCountsItFromItsOnset) {
  RateTest test = RateTest::above(0.05);
  for (int tick = 0; tick < 5000; ++tick) test.observe({tick % 10 == 0 ? 1U : 0U, 10});
  EXPECT_LT(test.log_evidence(), 0);
  int ticks = 0;
  for (; !test.reaches(std::log(1000)); ++ticks) test.observe({5, 10});
  EXPECT_LE(ticks, 5);
  EXPECT_GE(test.tally().guarded(), 5U * static_cast<unsigned>(ticks));
  EXPECT_LE(test.tally().total(), 10U * static_cast<unsigned>(ticks) + 100);
}

TEST(RateTest, NoRequestsSayNothing) {
  RateTest test = RateTest::above(0.05);
  for (int tick = 0; tick < 100; ++tick) test.observe({});
  EXPECT_EQ(test.log_evidence(), 0);
}

}  // namespace
}  // namespace sluice::rollout
