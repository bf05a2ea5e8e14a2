// What is read from the workers' counters.
#include "health/traffic_tally.hpp"

#include <gtest/gtest.h>

namespace sluice::health {
namespace {

using telemetry::Outcome;

void add(telemetry::Shard& shard, Outcome outcome, std::uint64_t count) {
  shard.endpoints.ensure(3).outcomes[static_cast<std::size_t>(outcome)].add(count);
}

TEST(TrafficTally, TakesWhatIsNewOverAllWorkers) {
  const auto one = std::make_unique<telemetry::Shard>();
  const auto other = std::make_unique<telemetry::Shard>();
  TrafficTally tally({one.get(), other.get()});
  add(*one, Outcome::failure, 100);
  EXPECT_EQ(tally.take(3, true), Traffic{}) << "what was before does not count";
  add(*one, Outcome::success, 1);
  add(*other, Outcome::client_error, 2);
  add(*one, Outcome::server_error, 10);
  add(*other, Outcome::failure, 20);
  one->endpoints.ensure(3).failure_run.set(4);
  other->endpoints.ensure(3).failure_run.set(7);
  EXPECT_EQ(tally.take(3, true), (Traffic{.successes = 3, .failures = 30, .run = 7}));
  EXPECT_EQ(tally.take(3, true), (Traffic{.successes = 0, .failures = 0, .run = 7}));
}

TEST(TrafficTally, ServerErrorsAreFailuresIfAskedFor) {
  const auto shard = std::make_unique<telemetry::Shard>();
  TrafficTally tally({shard.get()});
  tally.take(3, false);
  add(*shard, Outcome::server_error, 5);
  EXPECT_EQ(tally.take(3, false), (Traffic{.successes = 5, .failures = 0, .run = 0}));
  add(*shard, Outcome::server_error, 6);
  EXPECT_EQ(tally.take(3, true), (Traffic{.successes = 0, .failures = 6, .run = 0}));
}

TEST(TrafficTally, ClientsThatLeftDoNotCount) {
  const auto shard = std::make_unique<telemetry::Shard>();
  TrafficTally tally({shard.get()});
  tally.take(3, true);
  add(*shard, Outcome::client_error, 5);
  shard->endpoints.ensure(3).abandoned.add(4);
  EXPECT_EQ(tally.take(3, true), (Traffic{.successes = 1}));
  shard->endpoints.ensure(3).abandoned.add(1);  // seen before its outcome is
  EXPECT_EQ(tally.take(3, true), Traffic{});
}

TEST(TrafficTally, WhatWasForgottenDoesNotCount) {
  const auto shard = std::make_unique<telemetry::Shard>();
  TrafficTally tally({shard.get()});
  tally.take(3, true);
  add(*shard, Outcome::failure, 60);
  tally.forget(3);
  EXPECT_EQ(tally.take(3, true), Traffic{});
  add(*shard, Outcome::failure, 1);
  shard->endpoints.ensure(3).connections_active.add(2);
  EXPECT_EQ(tally.take(3, true), (Traffic{.failures = 1, .in_flight = 2}));
}

TEST(TrafficTally, AnEndpointThatNobodyHasServedYet) {
  const auto shard = std::make_unique<telemetry::Shard>();
  TrafficTally tally({shard.get()});
  EXPECT_EQ(tally.take(9, true), Traffic{});
  EXPECT_EQ(tally.take(9, true), Traffic{});
}

}  // namespace
}  // namespace sluice::health
