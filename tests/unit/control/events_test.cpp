// What a reader of the log of events finds, and what it learns when it came too late.
#include "control/events.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

const WallTime kNow{std::chrono::milliseconds(5'000)};

class EventsTest : public ::testing::Test {
 protected:
  void append(std::size_t count = 1) {
    for (std::size_t i = 0; i < count; ++i)
      events_.append({.kind = EventKind::weights, .subject = "shop", .fields = {{"after", "b=1"}}});
  }
  Events events_{[] { return kNow; }};
};

TEST_F(EventsTest, NumbersGrowFromTheClockSoThatTheyAlsoDoAcrossRestarts) {
  EXPECT_EQ(events_.newest(), 5'000U);
  append(2);
  const auto reading = events_.after(5'000);
  ASSERT_EQ(reading.events.size(), 2U);
  EXPECT_FALSE(reading.gap);
  EXPECT_EQ(reading.events[0].id, 5'001U);
  EXPECT_EQ(reading.events[1].id, 5'002U);
  EXPECT_EQ(reading.events[0].at, kNow);
  EXPECT_EQ(reading.events[0].fields.at(0).second, "b=1");
}

TEST_F(EventsTest, TellsAGap) {
  append(Events::kHeld + 10);
  const std::uint64_t oldest = 5'000 + 11, newest = 5'000 + Events::kHeld + 10;
  const struct {
    const char* name;
    std::uint64_t after;
    bool gap;
    std::size_t count;
  } cases[] = {
      {"all that are held", oldest - 1, false, Events::kHeld},
      {"one is missing", oldest - 2, true, Events::kHeld},
      {"of an earlier process", 7, true, Events::kHeld},
      {"the last one", newest - 1, false, 1},
      {"nothing new", newest, false, 0},
      {"never given out", newest + 1, true, Events::kHeld},
  };
  for (const auto& it : cases) {
    const auto reading = events_.after(it.after);
    EXPECT_EQ(reading.gap, it.gap) << it.name;
    EXPECT_EQ(reading.events.size(), it.count) << it.name;
  }
}

TEST_F(EventsTest, WakesWhoWatches) {
  int woken = 0;
  {
    const Events::Watch watch(events_, [&] { ++woken; });
    append(2);
  }
  append();
  EXPECT_EQ(woken, 2);
}

TEST(EventKind, HasALabelThatReadsBack) {
  for (const std::string_view text : kEventKindLabels)
    EXPECT_EQ(label(parse_event_kind(text).value()), text);
  EXPECT_FALSE(parse_event_kind("weight"));
}

}  // namespace
}  // namespace sluice::control
