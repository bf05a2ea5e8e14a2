// Which failed attempt may be followed by another. Design row 33.
#include "proxy/retry.hpp"

#include <gtest/gtest.h>

namespace sluice::proxy {
namespace {

using routing::RetryCondition;
using routing::RetrySpec;

RetrySpec everything() {
  RetrySpec spec;
  spec.on = {{RetryCondition::connect_failure, {}},
             {RetryCondition::reset, {}},
             {RetryCondition::timeout, {}},
             {RetryCondition::status, {502, 504}},
             {RetryCondition::status, {429, 429}}};
  return spec;
}

// A GET whose body is not in the way, on a new connection.
FailedAttempt get(FailureKind failure, std::uint16_t status = 0) {
  return {.failure = failure, .status = status, .idempotent = true, .replayable = true};
}

FailedAttempt post(FailureKind failure, std::uint16_t status = 0) {
  FailedAttempt attempt = get(failure, status);
  attempt.idempotent = false;
  return attempt;
}

struct Row {
  const char* what;
  FailedAttempt attempt;
  std::optional<RetryReason> reason;
};

void check(const RetrySpec& spec, std::initializer_list<Row> rows) {
  for (const Row& row : rows)
    EXPECT_EQ(retry_reason(spec, row.attempt, {}), row.reason) << row.what;
}

TEST(Retry, EachConditionHasItsReason) {
  using enum FailureKind;
  check(everything(),
        {{"refused", get(connect_failed), RetryReason::connect_failure},
         {"no answer to the dial", get(connect_timeout), RetryReason::connect_failure},
         {"no room to wait", get(queue_full), RetryReason::queue_full},
         {"waited long enough", get(queue_timeout), std::nullopt},
         {"closed", get(upstream_closed), RetryReason::reset},
         {"silent", get(response_timeout), RetryReason::timeout},
         {"502", get(none, 502), RetryReason::status},
         {"504", get(none, 504), RetryReason::status},
         {"429", get(none, 429), RetryReason::status},
         {"505", get(none, 505), std::nullopt},
         {"428", get(none, 428), std::nullopt}});
}

TEST(Retry, WhatMayHaveArrivedIsSentAgainOnlyIfIdempotent) {
  using enum FailureKind;
  check(everything(), {{"refused", post(connect_failed), RetryReason::connect_failure},
                       {"no room to wait", post(queue_full), RetryReason::queue_full},
                       {"closed", post(upstream_closed), std::nullopt},
                       {"silent", post(response_timeout), std::nullopt},
                       {"503", post(none, 503), std::nullopt}});
}

TEST(Retry, NothingElseIsWorthASecondAttempt) {
  for (const Treatment& treatment : kTreatments) {
    if (treatment.retry != Retry::never || treatment.kind == FailureKind::none) continue;
    EXPECT_EQ(retry_reason(everything(), get(treatment.kind), {}), std::nullopt) << treatment.label;
  }
}

TEST(Retry, NeverWithoutTheWholeBody) {
  for (const FailureKind kind : {FailureKind::connect_failed, FailureKind::upstream_closed,
                                 FailureKind::response_timeout, FailureKind::none}) {
    FailedAttempt attempt = get(kind, 503);
    attempt.replayable = false;
    attempt.stale_connection = true;
    EXPECT_EQ(retry_reason(everything(), attempt, {}), std::nullopt);
  }
}

TEST(Retry, NeverAfterAByteOfAResponseThatFailed) {
  for (const bool reused : {false, true}) {
    FailedAttempt attempt = get(FailureKind::upstream_closed);
    attempt.heard = true;
    attempt.stale_connection = reused;
    EXPECT_EQ(retry_reason(everything(), attempt, {}), std::nullopt);
  }
}

TEST(Retry, AStaleConnectionIsReplacedOnceWhateverTheConfiguration) {
  RetrySpec none;
  none.attempts = 0;
  none.on.clear();
  FailedAttempt attempt = get(FailureKind::upstream_closed);
  EXPECT_EQ(retry_reason(none, attempt, {}), std::nullopt);
  attempt.stale_connection = true;
  EXPECT_EQ(retry_reason(none, attempt, {}), RetryReason::stale_connection);
  const RetriesSoFar renewed{.renewed = true};
  EXPECT_EQ(retry_reason(none, attempt, renewed), std::nullopt);
  EXPECT_EQ(retry_reason(everything(), attempt, renewed), RetryReason::reset);
  attempt = post(FailureKind::upstream_closed);
  attempt.stale_connection = true;
  EXPECT_EQ(retry_reason(everything(), attempt, {}), std::nullopt);
}

TEST(Retry, EndsWithItsAttempts) {
  RetrySpec spec = everything();
  spec.attempts = 2;
  for (const FailureKind kind : {FailureKind::connect_failed, FailureKind::queue_full})
    for (unsigned before = 0; before < 4; ++before)
      EXPECT_EQ(retry_reason(spec, get(kind), {.counted = before}).has_value(), before < 2)
          << before;
}

TEST(Retry, OnlyWhatTheConfigurationNames) {
  const RetrySpec usual;
  using enum FailureKind;
  check(usual, {{"refused", get(connect_failed), RetryReason::connect_failure},
                {"no room to wait", get(queue_full), RetryReason::queue_full},
                {"closed", get(upstream_closed), RetryReason::reset},
                {"silent", get(response_timeout), std::nullopt},
                {"503", get(none, 503), std::nullopt}});
  RetrySpec resets;
  resets.on = {{RetryCondition::reset, {}}};
  check(resets, {{"refused", get(connect_failed), std::nullopt},
                 {"no room to wait", get(queue_full), std::nullopt}});
}

// ---- the budget --------------------------------------------------------------------------------

unsigned withdrawals(RetryBudget& budget) {
  unsigned count = 0;
  while (budget.withdraw()) ++count;
  return count;
}

TEST(RetryBudget, LetsAFewThroughBeforeThereIsTraffic) {
  RetryBudget budget;
  EXPECT_EQ(withdrawals(budget), 10U);
}

TEST(RetryBudget, IsAShareOfTheRequests) {
  RetryBudget budget;
  withdrawals(budget);
  for (int i = 0; i < 1000; ++i) budget.deposit(0.25);
  EXPECT_EQ(withdrawals(budget), 250U);
  for (int i = 0; i < 1000; ++i) budget.deposit(0);
  EXPECT_EQ(withdrawals(budget), 0U);
}

TEST(RetryBudget, SavesUpNoMoreThanABurst) {
  RetryBudget budget;
  for (int i = 0; i < 100'000; ++i) budget.deposit(0.2);
  EXPECT_EQ(withdrawals(budget), 1000U);
}

// Work on a sick upstream is what piles up.
TEST(RetryBudget, IsNeededForWhatMayHaveArrived) {
  EXPECT_FALSE(needs_budget(RetryReason::stale_connection));
  EXPECT_FALSE(needs_budget(RetryReason::connect_failure));
  EXPECT_FALSE(needs_budget(RetryReason::queue_full));
  EXPECT_TRUE(needs_budget(RetryReason::reset));
  EXPECT_TRUE(needs_budget(RetryReason::timeout));
  EXPECT_TRUE(needs_budget(RetryReason::status));
}

}  // namespace
}  // namespace sluice::proxy
