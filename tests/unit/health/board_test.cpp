// What follows for routing from checks, traffic and time, over reloads.
#include "health/board.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/routing/compiled.hpp"

namespace sluice::health {
namespace {

using routing::EndpointName;
using std::chrono::milliseconds;
using std::chrono::seconds;

const SteadyTime kStart{seconds(1'000)};

const EndpointName kFirst{"blue", "10.0.1.1:80"};
const EndpointName kSecond{"blue", "10.0.1.2:80"};
const EndpointName kAlone{"green", "10.0.2.1:80"};

// A board beside the snapshots that control would make of what it says.
class BoardTest : public ::testing::Test {
 protected:
  BoardTest() { in_ = routing::testing::shop({{"blue", 1}, {"green", 1}}); }

  routing::UpstreamSpec& blue() { return in_.spec.upstreams[0]; }
  routing::UpstreamSpec& green() { return in_.spec.upstreams[1]; }

  void publish() {
    in_.fitness = board_.fitness(now_);
    in_.previous = snapshot_;
    snapshot_ = routing::testing::compiled(in_);
    board_.adopt(snapshot_, now_);
  }
  void check(const EndpointName& name, Verdict verdict, std::string reason = "") {
    board_.checked(name, {verdict, std::move(reason), {}}, now_);
  }
  void pass(const EndpointName& name) { check(name, Verdict::healthy); }
  void fail(const EndpointName& name) { check(name, Verdict::unhealthy, "status 503"); }
  void traffic(const EndpointName& name, Traffic traffic) { board_.counted(name, traffic, now_); }
  void wait(milliseconds time) {
    now_ += time;
    board_.tick(now_);
  }
  // As routing sees it.
  bool fit(const EndpointName& name) {
    publish();
    const auto& endpoints = snapshot_->find_upstream(name.upstream)->endpoints;
    return std::ranges::find(endpoints, name.address, &routing::Endpoint::address)->available;
  }
  double share(const EndpointName& name) { return board_.entries().at(name).share(now_); }
  std::vector<std::string> events() {
    std::vector<std::string> lines;
    for (const Event& event : board_.take_events())
      lines.push_back(event.endpoint.address + " " + event.what);
    return lines;
  }

  routing::CompileInput in_;
  std::shared_ptr<const routing::Snapshot> snapshot_;
  Board board_;
  SteadyTime now_ = kStart;
};

using Lines = std::vector<std::string>;

// ---- checks ------------------------------------------------------------------------------------

TEST_F(BoardTest, WithoutAskingForAnythingAllAreFit) {
  publish();
  EXPECT_TRUE(fit(kFirst));
  EXPECT_EQ(share(kFirst), 1);
  EXPECT_FALSE(board_.needs_ticks());
}

TEST_F(BoardTest, ANewEndpointIsNotFitBeforeItsFirstPass) {
  blue().health.emplace();
  publish();
  EXPECT_FALSE(fit(kFirst));
  EXPECT_TRUE(fit(kAlone)) << "nobody checks it";
  pass(kFirst);
  EXPECT_TRUE(fit(kFirst)) << "one pass is enough";
  fail(kSecond);
  EXPECT_FALSE(fit(kSecond));
  EXPECT_EQ(events(), (Lines{"10.0.1.1:80 is up", "10.0.1.2:80 is down: status 503"}));
}

TEST_F(BoardTest, FallsAndRisesByItsCounts) {
  blue().health.emplace();
  publish();
  pass(kFirst);
  fail(kFirst);
  fail(kFirst);
  EXPECT_TRUE(fit(kFirst));
  fail(kFirst);
  EXPECT_FALSE(fit(kFirst));
  pass(kFirst);
  EXPECT_FALSE(fit(kFirst));
  pass(kFirst);
  EXPECT_TRUE(fit(kFirst));
}

TEST_F(BoardTest, DegradedKeepsAPartOfItsWeight) {
  blue().health.emplace().degraded.emplace().weight = 0.25;
  publish();
  check(kFirst, Verdict::degraded, "/status is \"degraded\"");
  EXPECT_TRUE(fit(kFirst));
  EXPECT_EQ(share(kFirst), 0.25);
  pass(kFirst);
  EXPECT_EQ(share(kFirst), 1);
  EXPECT_EQ(events(),
            (Lines{"10.0.1.1:80 is degraded: /status is \"degraded\"", "10.0.1.1:80 is up"}));
}

// ---- reload ------------------------------------------------------------------------------------

TEST_F(BoardTest, VerdictsAndEjectionsSurviveAReload) {
  blue().health.emplace();
  green().outlier.emplace().max_ejected = 1;
  publish();
  pass(kFirst);
  fail(kSecond);
  traffic(kAlone, {0, 5, 5});
  blue().health->interval = seconds(7);
  blue().endpoints.push_back({"10.0.1.3:80", 1});
  publish();
  EXPECT_TRUE(fit(kFirst));
  EXPECT_FALSE(fit(kSecond));
  EXPECT_FALSE(fit(kAlone));
  EXPECT_FALSE(fit({"blue", "10.0.1.3:80"})) << "it is new";
}

TEST_F(BoardTest, AnEndpointThatServedGoesOnWhenChecksAreAskedFor) {
  publish();
  blue().health.emplace();
  blue().endpoints.push_back({"10.0.1.3:80", 1});
  publish();
  EXPECT_EQ(snapshot_->upstreams[0].available, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_TRUE(fit(kFirst));
  EXPECT_FALSE(fit({"blue", "10.0.1.3:80"}));
  fail(kFirst);
  EXPECT_FALSE(fit(kFirst)) << "its first check counts alone";
}

TEST_F(BoardTest, AnEndpointThatLeftAndCameBackIsNew) {
  blue().health.emplace();
  publish();
  pass(kSecond);
  blue().endpoints.pop_back();
  publish();
  blue().endpoints.push_back({"10.0.1.2:80", 1});
  publish();
  EXPECT_FALSE(fit(kSecond));
}

TEST_F(BoardTest, WithoutChecksAnyMoreItIsFit) {
  blue().health.emplace();
  publish();
  fail(kFirst);
  blue().health.reset();
  publish();
  EXPECT_TRUE(fit(kFirst));
}

// ---- ejection ----------------------------------------------------------------------------------

TEST_F(BoardTest, EjectsOneThatFailsItsTraffic) {
  blue().outlier.emplace();
  publish();
  EXPECT_TRUE(board_.needs_ticks());
  traffic(kFirst, {0, 5, 5});
  EXPECT_FALSE(fit(kFirst));
  EXPECT_EQ(events(), (Lines{"10.0.1.1:80 is ejected for 10s: it failed 5 times in a row"}));
  wait(milliseconds(9'900));
  EXPECT_FALSE(fit(kFirst));
  wait(milliseconds(100));
  EXPECT_TRUE(fit(kFirst));
  EXPECT_EQ(events(), (Lines{"10.0.1.1:80 is back after its ejection"}));
}

TEST_F(BoardTest, TrafficAloneDoesNotEmptyAnUpstream) {
  blue().outlier.emplace();
  green().outlier.emplace();
  publish();
  traffic(kAlone, {0, 100, 100});
  EXPECT_TRUE(fit(kAlone)) << "there is no other";
  traffic(kFirst, {0, 100, 100});
  traffic(kSecond, {0, 100, 100});
  EXPECT_FALSE(fit(kFirst));
  EXPECT_TRUE(fit(kSecond)) << "the last one";
}

TEST_F(BoardTest, UnlessItIsToldSo) {
  green().outlier.emplace().max_ejected = 1;
  publish();
  traffic(kAlone, {0, 5, 5});
  EXPECT_FALSE(fit(kAlone));
}

TEST_F(BoardTest, TheLastThatItsChecksHaveLeftIsNotEjected) {
  blue().outlier.emplace();
  blue().health.emplace();
  publish();
  pass(kFirst);
  fail(kSecond);
  traffic(kFirst, {0, 5, 5});
  EXPECT_TRUE(fit(kFirst));
}

TEST_F(BoardTest, EjectsNoMoreThanAllowed) {
  blue().outlier.emplace();
  for (int i = 3; i <= 10; ++i)
    blue().endpoints.push_back({"10.0.1." + std::to_string(i) + ":80", 1});
  for (const auto& [ratio, allowed] : {std::pair{0.0, 0}, std::pair{0.1, 1}, std::pair{0.35, 3}}) {
    board_ = Board();
    blue().outlier->max_ejected = ratio;
    publish();
    for (const auto& endpoint : blue().endpoints) traffic({"blue", endpoint.address}, {0, 9, 9});
    int ejected = 0;
    for (const auto& endpoint : blue().endpoints) ejected += !fit({"blue", endpoint.address});
    EXPECT_EQ(ejected, allowed) << ratio;
  }
}

TEST_F(BoardTest, EjectsOneThatFailsMoreThanItsNeighbours) {
  blue().outlier.emplace().consecutive_failures = 0;
  publish();
  traffic(kFirst, {500, 500, 0});
  traffic(kSecond, {1'000, 0, 0});
  wait(seconds(1));
  EXPECT_FALSE(fit(kFirst));
  EXPECT_TRUE(fit(kSecond));
  const auto events = board_.take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].ejection, Ejection::success_rate);
}

TEST_F(BoardTest, TooFewRequestsAreNotCompared) {
  blue().outlier.emplace().consecutive_failures = 0;
  publish();
  traffic(kFirst, {0, 99, 0});
  traffic(kSecond, {1'000, 0, 0});
  wait(seconds(1));
  EXPECT_TRUE(fit(kFirst));
  // Nor are those of another window.
  wait(seconds(10));
  traffic(kFirst, {0, 99, 0});
  traffic(kSecond, {1'000, 0, 0});
  wait(seconds(1));
  EXPECT_TRUE(fit(kFirst));
}

// An endpoint without a weight is not one that is left.
TEST_F(BoardTest, OneOfWeightZeroDoesNotCountAsLeft) {
  blue().outlier.emplace();
  blue().endpoints[1].weight = 0;
  publish();
  traffic(kFirst, {0, 100, 100});
  EXPECT_TRUE(fit(kFirst));
}

TEST_F(BoardTest, AnEjectionEndsWhenNobodyElseIsLeft) {
  blue().outlier.emplace();
  blue().health.emplace();
  publish();
  pass(kFirst);
  pass(kSecond);
  traffic(kFirst, {0, 5, 5});
  ASSERT_FALSE(fit(kFirst));
  for (int i = 0; i < 3; ++i) fail(kSecond);
  EXPECT_TRUE(fit(kFirst));
}

TEST_F(BoardTest, AnEjectionEndsWhenTheOthersAreTakenAway) {
  blue().outlier.emplace();
  publish();
  traffic(kFirst, {0, 5, 5});
  ASSERT_FALSE(fit(kFirst));
  blue().endpoints.pop_back();
  publish();
  EXPECT_TRUE(fit(kFirst));
}

// ---- panic -------------------------------------------------------------------------------------

TEST_F(BoardTest, PanicDoesNotMakeNewcomersFit) {
  blue().health.emplace();
  blue().panic_threshold = 0.5;
  publish();
  pass(kFirst);
  fail(kSecond);
  blue().endpoints.push_back({"10.0.1.3:80", 1});
  blue().endpoints.push_back({"10.0.1.4:80", 1});
  publish();
  ASSERT_EQ(snapshot_->upstreams[0].available.size(), 4U) << "panic";
  pass(kSecond);
  pass(kSecond);
  EXPECT_FALSE(fit({"blue", "10.0.1.3:80"})) << "it has not passed";
}

// ---- status ------------------------------------------------------------------------------------

TEST_F(BoardTest, StatusesSayWhatIsKnownNow) {
  blue().health.emplace();
  publish();
  board_.checked(kFirst, {Verdict::healthy, "", {"1.0", "blue"}}, now_);
  fail(kSecond);
  board_.take_changed();
  board_.checked(kFirst, {Verdict::healthy, "", {"1.1", "blue"}}, now_);
  EXPECT_TRUE(board_.take_changed()) << "it has another version";
  EXPECT_EQ(board_.statuses(now_)[0].report.version, "1.1");
  check(kFirst, Verdict::unhealthy, "connection refused");
  EXPECT_EQ(board_.statuses(now_)[0].report.version, "1.1") << "the newest that is known";
  check(kSecond, Verdict::unhealthy, "connection refused");
  EXPECT_EQ(board_.statuses(now_)[1].reason, "connection refused");
  pass(kSecond);
  EXPECT_EQ(board_.statuses(now_)[1].state, "unhealthy");
  EXPECT_EQ(board_.statuses(now_)[1].reason, "connection refused") << "it takes two passes";
  pass(kSecond);
  EXPECT_EQ(board_.statuses(now_)[1].reason, "");
  fail(kSecond);
  EXPECT_EQ(board_.statuses(now_)[1].reason, "status 503") << "it is shaken";
  pass(kSecond);
  EXPECT_EQ(board_.statuses(now_)[1].reason, "");
}

TEST_F(BoardTest, AnEjectionHasItsReason) {
  blue().outlier.emplace();
  publish();
  traffic(kFirst, {0, 5, 5});
  EXPECT_EQ(board_.statuses(now_)[0].state, "ejected");
  EXPECT_EQ(board_.statuses(now_)[0].reason, "it failed 5 times in a row");
}

TEST_F(BoardTest, NoVerdictIsNone) {
  blue().health.emplace();
  publish();
  check(kFirst, Verdict::none, "no file descriptor is left for the check");
  EXPECT_EQ(board_.statuses(now_)[0].state, "unknown");
  pass(kFirst);
  for (int i = 0; i < 5; ++i) check(kFirst, Verdict::none);
  EXPECT_TRUE(fit(kFirst));
}

// ---- slow start --------------------------------------------------------------------------------

TEST_F(BoardTest, OneThatCameBackGetsItsShareStepByStep) {
  blue().health.emplace();
  blue().slow_start = seconds(10);
  publish();
  pass(kFirst);
  pass(kSecond);
  EXPECT_EQ(share(kSecond), 1) << "all begin together";
  for (int i = 0; i < 3; ++i) fail(kSecond);
  pass(kSecond);
  pass(kSecond);
  EXPECT_TRUE(fit(kSecond));
  EXPECT_TRUE(board_.needs_ticks());
  EXPECT_NEAR(share(kSecond), 0.1, 1e-9);
  wait(milliseconds(5'050));
  EXPECT_NEAR(share(kSecond), 0.5, 1e-9);
  EXPECT_TRUE(board_.take_changed());
  wait(seconds(5));
  EXPECT_EQ(share(kSecond), 1);
  EXPECT_FALSE(board_.needs_ticks());
}

TEST_F(BoardTest, OneThatWasDownFromTheBeginningRampsToo) {
  blue().health.emplace();
  blue().slow_start = seconds(10);
  publish();
  pass(kFirst);
  fail(kSecond);
  pass(kSecond);
  pass(kSecond);
  EXPECT_NEAR(share(kSecond), 0.1, 1e-9);
}

TEST_F(BoardTest, NobodyRampsAlone) {
  green().health.emplace();
  green().slow_start = seconds(10);
  publish();
  pass(kAlone);
  for (int i = 0; i < 3; ++i) fail(kAlone);
  for (int i = 0; i < 2; ++i) pass(kAlone);
  EXPECT_EQ(share(kAlone), 1);
}

TEST_F(BoardTest, ANewcomerRampsBesideOthers) {
  blue().slow_start = seconds(10);
  publish();
  blue().endpoints.push_back({"10.0.1.3:80", 1});
  publish();
  EXPECT_NEAR(share({"blue", "10.0.1.3:80"}), 0.1, 1e-9);
  EXPECT_EQ(share(kFirst), 1);
}

}  // namespace
}  // namespace sluice::health
