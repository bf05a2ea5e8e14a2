#include "net/deadline_wheel.hpp"

#include <functional>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace sluice::net {
namespace {

using std::chrono::milliseconds;
constexpr auto kTick = DeadlineWheel::kTick;
constexpr int kRound = 1024;

const SteadyTime kStart{std::chrono::seconds(1000)};

struct Alarm final : Deadline {
  void on_deadline() override {
    ++fired;
    if (then) then();
  }
  int fired = 0;
  std::function<void()> then;
};

struct Wheel {
  void advance_to(SteadyTime when) {
    now = when;
    wheel.advance(now);
  }
  DeadlineWheel wheel{kStart};
  SteadyTime now = kStart;
};

// ---- when --------------------------------------------------------------------------------------

TEST(DeadlineWheel, FiresNeverEarlyAndAtMostOneTickLate) {
  for (const int ms : {0, 1, 63, 64, 65, 128, 1000, 65'000, 65'535, 65'536, 65'537, 66'000, 131'072,
                       200'000, 1'000'000}) {
    Wheel w;
    Alarm alarm;
    const SteadyTime due = kStart + milliseconds(ms);
    w.wheel.set(alarm, due);
    SteadyTime at = kStart;
    while (alarm.fired == 0 && at < due + 4 * kTick) w.advance_to(at += milliseconds(16));
    ASSERT_EQ(alarm.fired, 1) << ms;
    EXPECT_GE(at, due) << ms;
    EXPECT_LE(at, due + kTick) << ms;
    EXPECT_FALSE(DeadlineWheel::is_set(alarm));
    w.advance_to(at + milliseconds(300'000));
    EXPECT_EQ(alarm.fired, 1) << "fired twice";
  }
}

TEST(DeadlineWheel, FiresWhenTimeJumpsOverManyRounds) {
  Wheel w;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 5000; ++i) {
    alarms.push_back(std::make_unique<Alarm>());
    w.wheel.set(*alarms.back(), kStart + milliseconds(i * 97));
  }
  w.advance_to(kStart + milliseconds(5000 * 97 + 200));
  for (const auto& alarm : alarms) EXPECT_EQ(alarm->fired, 1);
}

TEST(DeadlineWheel, ADeadlineInThePastFiresAtTheNextTick) {
  Wheel w;
  w.advance_to(kStart + milliseconds(10'000));
  Alarm alarm;
  w.wheel.set(alarm, kStart - milliseconds(5));
  w.advance_to(w.now);
  EXPECT_EQ(alarm.fired, 0) << "not while it is being set";
  w.advance_to(w.now + 2 * kTick);
  EXPECT_EQ(alarm.fired, 1);
}

// ---- moving and clearing -----------------------------------------------------------------------

TEST(DeadlineWheel, MovedLaterFiresLater) {
  Wheel w;
  Alarm alarm;
  w.wheel.set(alarm, kStart + milliseconds(100));
  for (int i = 1; i <= 50; ++i) {
    w.advance_to(kStart + milliseconds(50 * i));
    ASSERT_EQ(alarm.fired, 0) << i;
    w.wheel.set(alarm, w.now + milliseconds(100));
  }
  w.advance_to(w.now + milliseconds(100) + kTick);
  EXPECT_EQ(alarm.fired, 1);
}

TEST(DeadlineWheel, MovedEarlierFiresEarlier) {
  Wheel w;
  Alarm alarm;
  w.wheel.set(alarm, kStart + milliseconds(500'000));
  w.wheel.set(alarm, kStart + milliseconds(100));
  w.advance_to(kStart + milliseconds(99));
  EXPECT_EQ(alarm.fired, 0);
  w.advance_to(kStart + milliseconds(100) + kTick);
  EXPECT_EQ(alarm.fired, 1);
  w.advance_to(kStart + milliseconds(600'000));
  EXPECT_EQ(alarm.fired, 1);
}

TEST(DeadlineWheel, ClearedNeverFiresAndMayBeSetAgain) {
  Wheel w;
  Alarm alarm;
  w.wheel.set(alarm, kStart + milliseconds(100));
  EXPECT_TRUE(DeadlineWheel::is_set(alarm));
  DeadlineWheel::clear(alarm);
  EXPECT_FALSE(DeadlineWheel::is_set(alarm));
  w.advance_to(kStart + milliseconds(300));
  EXPECT_EQ(alarm.fired, 0);
  w.wheel.set(alarm, w.now + milliseconds(100));
  DeadlineWheel::clear(alarm);
  w.wheel.set(alarm, w.now + milliseconds(50));  // still hangs in its old slot
  w.advance_to(w.now + milliseconds(50) + kTick);
  EXPECT_EQ(alarm.fired, 1);
}

// ---- life and death ----------------------------------------------------------------------------

TEST(DeadlineWheel, DestroyedWhileLinkedIsForgotten) {
  Wheel w;
  Alarm before;
  Alarm after;
  w.wheel.set(before, kStart + milliseconds(100));
  {
    Alarm gone;
    w.wheel.set(gone, kStart + milliseconds(100));
    w.wheel.set(after, kStart + milliseconds(100));
  }
  w.advance_to(kStart + milliseconds(200));
  EXPECT_EQ(before.fired, 1);
  EXPECT_EQ(after.fired, 1);
}

TEST(DeadlineWheel, TheWheelMayDieBeforeItsDeadlines) {
  Alarm alarm;
  {
    Wheel w;
    w.wheel.set(alarm, kStart + milliseconds(100));
  }
  Wheel another;
  another.wheel.set(alarm, kStart + milliseconds(10));
  another.advance_to(kStart + milliseconds(100));
  EXPECT_EQ(alarm.fired, 1);
}

TEST(DeadlineWheel, OneThatFiresMaySetItselfAgain) {
  Wheel w;
  Alarm alarm;
  alarm.then = [&] { w.wheel.set(alarm, w.now + milliseconds(100)); };
  w.wheel.set(alarm, kStart + milliseconds(100));
  for (int i = 0; i < 1000; ++i) w.advance_to(w.now + milliseconds(32));
  EXPECT_GE(alarm.fired, 32'000 / (100 + 2 * 64));
  EXPECT_LE(alarm.fired, 32'000 / 100);
}

TEST(DeadlineWheel, ExactlyOneRoundLaterFromWithinIsNotLost) {
  Wheel w;
  Alarm alarm;
  alarm.then = [&] { w.wheel.set(alarm, w.now + kTick * (kRound - 1)); };
  w.wheel.set(alarm, kStart);
  w.advance_to(kStart + kTick);
  ASSERT_EQ(alarm.fired, 1);
  for (int i = 0; i < kRound + 1; ++i) w.advance_to(w.now + kTick);
  EXPECT_EQ(alarm.fired, 2);
}

// Neighbours in one slot, in both orders: set, cleared, destroyed by the one that fires first.
TEST(DeadlineWheel, OneThatFiresMaySetClearOrDestroyItsNeighbours) {
  Wheel w;
  Alarm first;
  Alarm cleared;
  Alarm moved;
  auto destroyed = std::make_unique<Alarm>();
  for (Alarm* const alarm : {&first, &cleared, &moved, destroyed.get()})
    w.wheel.set(*alarm, kStart + milliseconds(100));
  first.then = [&] {
    DeadlineWheel::clear(cleared);
    w.wheel.set(moved, w.now + milliseconds(500));
    destroyed.reset();
  };
  w.advance_to(kStart + milliseconds(200));
  EXPECT_EQ(first.fired, 1);
  EXPECT_EQ(cleared.fired, 0);
  EXPECT_EQ(moved.fired, 0);
  w.advance_to(w.now + milliseconds(600));
  EXPECT_EQ(moved.fired, 1);
  EXPECT_EQ(cleared.fired, 0);
}

// Against the obvious model: a list that is looked through at every tick.
TEST(DeadlineWheel, RandomOperationsAgreeWithAModel) {
  Xoshiro256 random(7);
  Wheel w;
  struct Modelled {
    Alarm alarm;
    SteadyTime due = SteadyTime::max();
    int fired = 0;
  };
  std::vector<Modelled> all(50);
  for (int step = 0; step < 20'000; ++step) {
    Modelled& one = all[random.below(all.size())];
    const auto what = random.below(10);
    if (what < 5) {
      one.due = w.now + milliseconds(random.below(what == 0 ? 200'000 : 3'000));
      w.wheel.set(one.alarm, one.due);
    } else if (what == 5) {
      one.due = SteadyTime::max();
      DeadlineWheel::clear(one.alarm);
    } else {
      w.advance_to(w.now + kTick * static_cast<int>(1 + random.below(3)));
      for (Modelled& each : all) {
        if (each.alarm.fired > each.fired) {
          ASSERT_EQ(each.alarm.fired, each.fired + 1);
          ASSERT_LE(each.due, w.now) << "early";
          each.fired = each.alarm.fired;
          each.due = SteadyTime::max();
        }
        ASSERT_TRUE(each.due == SteadyTime::max() || each.due + kTick > w.now) << "late";
      }
    }
  }
}

}  // namespace
}  // namespace sluice::net
