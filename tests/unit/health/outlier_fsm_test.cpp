// When an endpoint that fails its traffic is taken out, for how long, and that it comes back.
#include "health/outlier_fsm.hpp"

#include <gtest/gtest.h>

namespace sluice::health {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart{seconds(1'000)};

routing::OutlierSpec spec() {
  return {.consecutive_failures = 5, .base_ejection = seconds(10), .max_ejection = seconds(60)};
}

// ---- every state and event ---------------------------------------------------------------------

enum class State { fine, failing, ejected };

OutlierFsm in_state(State state) {
  OutlierFsm fsm;
  if (state == State::failing) fsm.observe(spec(), {.successes = 0, .failures = 4, .run = 4});
  if (state == State::ejected) fsm.eject(spec(), kStart);
  return fsm;
}

struct Observation {
  const char* what;
  State state;
  Traffic traffic;
  bool to_be_ejected;
};

TEST(OutlierFsm, EveryStateAndObservation) {
  const Observation rows[] = {
      {"nothing happened", State::fine, {}, false},
      {"successes", State::fine, {100, 0, 0}, false},
      {"some failures", State::fine, {0, 4, 4}, false},
      {"enough in one worker", State::fine, {0, 5, 5}, true},
      {"enough over all workers, no success", State::fine, {0, 5, 2}, true},
      {"enough, with successes between them", State::fine, {1, 5, 3}, false},
      {"enough in one worker, successes before", State::fine, {9, 5, 5}, true},
      {"an old run, nothing happened", State::fine, {0, 0, 7}, false},
      {"nothing happened", State::failing, {}, false},
      {"a success", State::failing, {1, 0, 0}, false},
      {"the one that was missing", State::failing, {0, 1, 1}, true},
      {"the one that was missing, after a success", State::failing, {1, 1, 1}, false},
      {"nothing happened", State::ejected, {}, false},
      {"successes on their way out", State::ejected, {100, 0, 0}, false},
      {"failures on their way out", State::ejected, {0, 100, 100}, false},
  };
  for (const Observation& row : rows)
    EXPECT_EQ(in_state(row.state).observe(spec(), row.traffic), row.to_be_ejected)
        << row.what << ", state " << static_cast<int>(row.state);
}

TEST(OutlierFsm, EveryStateAndTime) {
  struct Row {
    State state;
    milliseconds after;
    bool comes_back;
  };
  for (const auto& [state, after, comes_back] :
       {Row{State::fine, seconds(99), false}, Row{State::failing, seconds(99), false},
        Row{State::ejected, milliseconds(0), false},
        Row{State::ejected, milliseconds(9'999), false}, Row{State::ejected, seconds(10), true},
        Row{State::ejected, seconds(99), true}}) {
    OutlierFsm fsm = in_state(state);
    EXPECT_EQ(fsm.tick(kStart + after), comes_back);
    EXPECT_EQ(fsm.ejected(), state == State::ejected && !comes_back);
  }
}

// ---- lengths -----------------------------------------------------------------------------------

TEST(OutlierFsm, EjectionsThatSoonFollowEachOtherGrow) {
  OutlierFsm fsm;
  SteadyTime now = kStart;
  for (const int expected : {10, 20, 40, 60, 60}) {
    fsm.eject(spec(), now);
    EXPECT_EQ(fsm.until() - now, seconds(expected));
    now = fsm.until();
    ASSERT_TRUE(fsm.tick(now));
    now += seconds(expected) - milliseconds(1);
  }
  now = fsm.until() + seconds(60);
  fsm.eject(spec(), now);
  EXPECT_EQ(fsm.until() - now, seconds(10)) << "it had been in for as long as it was out";
}

TEST(OutlierFsm, StartsAnewWhenItIsBack) {
  OutlierFsm fsm = in_state(State::failing);
  fsm.eject(spec(), kStart);
  ASSERT_TRUE(fsm.tick(kStart + seconds(10)));
  EXPECT_FALSE(fsm.observe(spec(), {0, 1, 1}));
}

// Requests that hung at it when it was ejected, and fail when it is back.
TEST(OutlierFsm, OldRequestsDoNotEjectItAgain) {
  OutlierFsm fsm;
  EXPECT_TRUE(fsm.observe(spec(), {.failures = 5, .run = 5, .in_flight = 20}));
  fsm.eject(spec(), kStart);
  fsm.observe(spec(), {.failures = 8, .run = 13, .in_flight = 12});
  ASSERT_TRUE(fsm.tick(kStart + seconds(10)));
  EXPECT_FALSE(fsm.observe(spec(), {.failures = 7, .run = 20, .in_flight = 5}));
  EXPECT_FALSE(fsm.observe(spec(), {.successes = 1, .failures = 2, .run = 22, .in_flight = 3}));
  EXPECT_FALSE(fsm.observe(spec(), {.failures = 2, .run = 24}));
  EXPECT_TRUE(fsm.observe(spec(), {.failures = 1, .run = 25})) << "a new one";
}

TEST(OutlierFsm, ZeroTurnsTheRunOff) {
  routing::OutlierSpec off = spec();
  off.consecutive_failures = 0;
  OutlierFsm fsm;
  EXPECT_FALSE(fsm.observe(off, {0, 1'000, 1'000}));
}

}  // namespace
}  // namespace sluice::health
