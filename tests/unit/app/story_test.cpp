#include "app/demo/story.hpp"

#include <gtest/gtest.h>

namespace sluice::app::demo {
namespace {

using namespace std::chrono_literals;

// Plays it against a proxy that does what it should, unless a test says otherwise.
class StoryTest : public ::testing::Test {
 protected:
  // Steps until something is said; the cue.
  Cue next(milliseconds at_most = 30s) {
    for (const milliseconds until = now_ + at_most; now_ < until;) {
      now_ += 50ms;
      Cue cue = story_.step(now_, scene_);
      if (cue.canary_share) scene_.canary_share = *cue.canary_share;
      if (!cue.lines.empty()) return cue;
    }
    return {};
  }
  void revert(const std::string& metric) {
    ++scene_.reversions;
    scene_.metric = metric;
    scene_.evidence = "7 of 8";
    scene_.took = 200ms;
    scene_.harmed = 5;
    scene_.canary_share = 0;
  }

  Story story_;
  Scene scene_{.canary_share = 0.1};
  milliseconds now_{0};
};

TEST_F(StoryTest, TellsAllOfIt) {
  next();
  EXPECT_EQ(next().canary->errors, 0.2);
  revert("errors");
  const Cue caught = next();
  EXPECT_EQ(caught.lines[0],
            "canary has lost its weight, 200 ms and 5 requests after the first bad one");
  EXPECT_EQ(caught.lines[1], "because 7 of 8");
  EXPECT_EQ(next().canary_share, 0.1);
  EXPECT_EQ(next().canary->late, 40ms);
  revert("p90");
  next();
  EXPECT_TRUE(next().start_rollout);
  scene_.rollout = "progressing";
  scene_.canary_share = 0.5;
  EXPECT_EQ(next().lines[0], "rollout: canary has 50 %");
  scene_.canary_share = 1;
  scene_.rollout = "succeeded";
  EXPECT_EQ(next().end, true);
  EXPECT_LT(now_, 40s);
}

TEST_F(StoryTest, FailsWhenNobodyTakesTheWeight) {
  next();
  next();
  EXPECT_EQ(next().end, false);
}

TEST_F(StoryTest, FailsWhenItIsTakenForAnotherReason) {
  next();
  next();
  revert("p90");
  EXPECT_EQ(next().end, false);
}

TEST_F(StoryTest, FailsWhenTheRolloutDoes) {
  next();
  next();
  revert("errors");
  next();
  next();
  next();
  revert("p99");
  next();
  next();
  scene_.rollout = "aborted";
  EXPECT_EQ(next().end, false);
}

}  // namespace
}  // namespace sluice::app::demo
