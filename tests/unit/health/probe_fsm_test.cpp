#include "health/probe_fsm.hpp"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::health {
namespace {

using std::chrono::milliseconds;

// rise 2, fall 3, as by default.
const routing::HealthSpec kSpec{};

// Ways into every state the machine can be in: the state and the results against it so far.
struct Start {
  const char* name;
  std::vector<Verdict> before;
  ProbeState state;
};

constexpr auto kHealthy = Verdict::healthy;
constexpr auto kDegraded = Verdict::degraded;
constexpr auto kUnhealthy = Verdict::unhealthy;

ProbeFsm after(const std::vector<Verdict>& verdicts) {
  ProbeFsm fsm;
  for (const Verdict verdict : verdicts) fsm.step(kSpec, verdict);
  return fsm;
}

const std::array<Start, 9> kStarts{{
    {"unknown", {}, ProbeState::unknown},
    {"up", {kHealthy}, ProbeState::up},
    {"up, 1 against", {kHealthy, kUnhealthy}, ProbeState::up},
    {"up, 2 against", {kHealthy, kUnhealthy, kUnhealthy}, ProbeState::up},
    {"degraded", {kDegraded}, ProbeState::degraded},
    {"degraded, 1 against", {kDegraded, kUnhealthy}, ProbeState::degraded},
    {"degraded, 2 against", {kDegraded, kUnhealthy, kUnhealthy}, ProbeState::degraded},
    {"down", {kUnhealthy}, ProbeState::down},
    {"down, 1 against", {kUnhealthy, kHealthy}, ProbeState::down},
}};

// What each verdict leads to, and whether the endpoint is then settled (looked at less often).
struct Next {
  ProbeState state;
  bool settled;
};
constexpr Next kUp{ProbeState::up, true}, kUpShaken{ProbeState::up, false};
constexpr Next kHalf{ProbeState::degraded, true}, kHalfShaken{ProbeState::degraded, false};
constexpr Next kDown{ProbeState::down, false}, kNew{ProbeState::unknown, false};

// In the order of kStarts; healthy, degraded, unhealthy, none.
constexpr std::array<std::array<Next, 4>, kStarts.size()> kTable{{
    {kUp, kHalf, kDown, kNew},
    {kUp, kHalf, kUpShaken, kUp},
    {kUp, kHalf, kUpShaken, kUpShaken},
    {kUp, kHalf, kDown, kUpShaken},
    {kUp, kHalf, kHalfShaken, kHalf},
    {kUp, kHalf, kHalfShaken, kHalfShaken},
    {kUp, kHalf, kDown, kHalfShaken},
    {kDown, kDown, kDown, kDown},
    {kUp, kHalf, kDown, kDown},
}};

TEST(ProbeFsm, EveryStateTakesEveryVerdict) {
  for (std::size_t i = 0; i < kStarts.size(); ++i) {
    const auto& [name, before, state] = kStarts[i];
    ASSERT_EQ(after(before).state(), state) << name;
    for (std::size_t v = 0; v < kVerdictLabels.size(); ++v) {
      ProbeFsm fsm = after(before);
      const bool changed = fsm.step(kSpec, static_cast<Verdict>(v));
      const Next next = kTable[i][v];
      EXPECT_EQ(fsm.state(), next.state) << name << ", " << kVerdictLabels[v];
      EXPECT_EQ(changed, next.state != state) << name << ", " << kVerdictLabels[v];
      EXPECT_EQ(fsm.pause(kSpec), next.settled ? kSpec.interval : kSpec.down_interval)
          << name << ", " << kVerdictLabels[v];
    }
  }
}

TEST(ProbeFsm, AStreakIsBrokenByOneResultOfTheOtherKind) {
  ProbeFsm up = after({kHealthy, kUnhealthy, kUnhealthy, kHealthy, kUnhealthy, kUnhealthy});
  EXPECT_EQ(up.state(), ProbeState::up);
  EXPECT_TRUE(up.step(kSpec, kUnhealthy));
  EXPECT_EQ(up.state(), ProbeState::down);
  ProbeFsm down = after({kUnhealthy, kHealthy, kUnhealthy, kDegraded});
  EXPECT_EQ(down.state(), ProbeState::down);
  EXPECT_TRUE(down.step(kSpec, kHealthy));
  EXPECT_EQ(down.state(), ProbeState::up);
}

TEST(ProbeFsm, RiseAndFallOfOneTurnAtOnce) {
  routing::HealthSpec spec;
  spec.rise = spec.fall = 1;
  ProbeFsm fsm;
  for (const auto& [verdict, state] : {std::pair{kHealthy, ProbeState::up},
                                       {kUnhealthy, ProbeState::down},
                                       {kDegraded, ProbeState::degraded},
                                       {kUnhealthy, ProbeState::down}}) {
    EXPECT_TRUE(fsm.step(spec, verdict));
    EXPECT_EQ(fsm.state(), state);
  }
}

TEST(ProbeFsm, ALowerFallTakesEffectWithTheNextResult) {
  routing::HealthSpec spec;
  spec.fall = 100;
  ProbeFsm fsm;
  fsm.step(spec, kHealthy);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(fsm.step(spec, kUnhealthy));
  spec.fall = 3;  // a reload
  EXPECT_TRUE(fsm.step(spec, kUnhealthy));
  EXPECT_EQ(fsm.state(), ProbeState::down);
}

TEST(ProbeFsm, IsNeverLookedAtLessOftenBecauseItIsDown) {
  routing::HealthSpec spec;
  spec.interval = milliseconds(100);
  spec.down_interval = milliseconds(5'000);
  ProbeFsm fsm;
  EXPECT_EQ(fsm.pause(spec), milliseconds(100));
  fsm.step(spec, kUnhealthy);
  EXPECT_EQ(fsm.pause(spec), milliseconds(100));
}

}  // namespace
}  // namespace sluice::health
