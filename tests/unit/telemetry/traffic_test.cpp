#include "telemetry/traffic.hpp"

#include <gtest/gtest.h>

#include "telemetry/exposition.hpp"
#include "telemetry/families.hpp"
#include "telemetry/lifecycle.hpp"
#include "telemetry/process.hpp"

namespace sluice::telemetry {
namespace {

constexpr std::uint32_t kBlue = 0;
constexpr std::uint32_t kCanary = 1;

IndexLabels labels() {
  return {.methods = {"GET", "HEAD"},
          .reasons = {"override", "sticky", "weight", "fallback"},
          .failures = {"none", "bad_request", "no_route"},
          .retries = {"stale_connection", "connect_failure", "reset", "timeout", "status",
                      "queue_full"}};
}

Census shop() {
  Census census;
  census.generation = 7;
  census.arms = {{kBlue, "shop", "blue"}, {kCanary, "shop", "canary"}};
  census.endpoints = {{0, "blue", "127.0.0.1:1", true, true},
                      {1, "canary", "127.0.0.1:2", false, true}};
  return census;
}

// Two workers, of which the second has not seen the canary.
class TrafficTest : public testing::Test {
 protected:
  TrafficTest() : one_(std::make_unique<Shard>()), two_(std::make_unique<Shard>()) {
    catalogue_.add(shop());
    one_->arms.ensure(kBlue).requests[0][code_index(200)].add(3);
    two_->arms.ensure(kBlue).requests[0][code_index(200)].add(4);
    one_->arms.ensure(kCanary).requests[1][code_index(599)].add();
    traffic_ = std::make_shared<TrafficMetrics>(std::vector<const Shard*>{one_.get(), two_.get()},
                                                catalogue_, labels());
    exposition_.add(traffic_);
  }
  bool has(const std::string& line) const {
    return ("\n" + exposition_.text()).find("\n" + line + "\n") != std::string::npos;
  }
  bool mentions(const std::string& part) const {
    return exposition_.text().find(part) != std::string::npos;
  }

  Catalogue catalogue_;
  std::unique_ptr<Shard> one_;
  std::unique_ptr<Shard> two_;
  std::shared_ptr<TrafficMetrics> traffic_;
  Exposition exposition_;
};

TEST_F(TrafficTest, SumsTheWorkers) {
  EXPECT_TRUE(
      has(R"(sluice_requests_total{route="shop",upstream="blue",method="GET",code="200"} 7)"));
  one_->arms.ensure(kBlue).requests[0][code_index(200)].add();
  EXPECT_TRUE(
      has(R"(sluice_requests_total{route="shop",upstream="blue",method="GET",code="200"} 8)"));
}

TEST_F(TrafficTest, CountsAnUncommonCodeInItsClass) {
  EXPECT_TRUE(
      has(R"(sluice_requests_total{route="shop",upstream="canary",method="HEAD",code="5xx"} 1)"));
}

TEST_F(TrafficTest, LeavesOutRequestsThatNeverWere) {
  EXPECT_FALSE(mentions(R"(code="404")"));
}

TEST_F(TrafficTest, ShowsDurations) {
  two_->arms.ensure(kBlue).duration.add(std::chrono::milliseconds(3));
  EXPECT_TRUE(
      has(R"(sluice_request_duration_seconds_bucket{route="shop",upstream="blue",le="0.0025"} 0)"));
  EXPECT_TRUE(
      has(R"(sluice_request_duration_seconds_bucket{route="shop",upstream="blue",le="0.005"} 1)"));
  EXPECT_TRUE(has(R"(sluice_request_duration_seconds_sum{route="shop",upstream="blue"} 0.003)"));
}

TEST_F(TrafficTest, SumsFailuresByRouteAndThoseBeforeARoute) {
  one_->arms.ensure(kBlue).failures[1].add(2);
  two_->arms.ensure(kCanary).failures[1].add(3);
  one_->unrouted.failures[2].add();
  two_->unrouted.failures[2].add();
  EXPECT_TRUE(has(R"(sluice_failures_total{route="shop",kind="bad_request"} 5)"));
  EXPECT_TRUE(has(R"(sluice_failures_total{route="",kind="no_route"} 2)"));
}

TEST_F(TrafficTest, ShowsEndpoints) {
  one_->endpoints.ensure(0).outcomes[0].add(5);
  two_->endpoints.ensure(0).connections_idle.add(2);
  one_->endpoints.ensure(0).requests_pending.add(3);
  two_->endpoints.ensure(0).requests_pending.add(1);
  EXPECT_TRUE(has(
      R"(sluice_endpoint_requests_total{upstream="blue",endpoint="127.0.0.1:1",outcome="success"} 5)"));
  EXPECT_TRUE(
      has(R"(sluice_upstream_connections{upstream="blue",endpoint="127.0.0.1:1",state="idle"} 2)"));
  EXPECT_TRUE(has(R"(sluice_upstream_requests_pending{upstream="blue",endpoint="127.0.0.1:1"} 4)"));
  EXPECT_TRUE(has(R"(sluice_endpoint_up{upstream="blue",endpoint="127.0.0.1:1"} 1)"));
  EXPECT_TRUE(has(R"(sluice_endpoint_up{upstream="canary",endpoint="127.0.0.1:2"} 0)"));
}

TEST_F(TrafficTest, ShowsListenersAndGeneration) {
  using Refused = std::vector<std::pair<std::string_view, std::uint64_t>>;
  traffic_->add_listener({"edge", [] { return 12U; }, [] { return Refused{{"descriptors", 3}}; }});
  EXPECT_TRUE(has(R"(sluice_open_connections{listener="edge"} 12)"));
  EXPECT_TRUE(has(R"(sluice_connections_refused_total{listener="edge",reason="descriptors"} 3)"));
  EXPECT_TRUE(has("sluice_generation 7"));
}

TEST_F(TrafficTest, KeepsTheCountersOfWhatIsNoLongerConfigured) {
  Census next = shop();
  next.generation = 8;
  next.arms.pop_back();
  next.endpoints.pop_back();
  catalogue_.add(next);
  EXPECT_TRUE(
      has(R"(sluice_requests_total{route="shop",upstream="canary",method="HEAD",code="5xx"} 1)"));
  EXPECT_TRUE(mentions(R"(endpoint="127.0.0.1:2",outcome="success"})"));
  // Its gauges would be lies.
  EXPECT_FALSE(mentions(R"(sluice_endpoint_up{upstream="canary")"));
  catalogue_.add(shop());
  EXPECT_TRUE(has(R"(sluice_endpoint_up{upstream="canary",endpoint="127.0.0.1:2"} 0)"));
}

TEST_F(TrafficTest, SlotsBeyondTheTablesShareOneSeries) {
  constexpr std::uint32_t kFar = SlotTable<ArmCounters>::kMax + 5;
  Census census = shop();
  census.arms.push_back({kFar, "a", "x"});
  census.arms.push_back({kFar + 1, "b", "y"});
  catalogue_.add(census);
  one_->arms.ensure(kFar).requests[0][code_index(200)].add();
  one_->arms.ensure(kFar + 1).requests[0][code_index(200)].add();
  EXPECT_TRUE(has(
      R"x(sluice_requests_total{route="(others)",upstream="(others)",method="GET",code="200"} 2)x"));
  EXPECT_FALSE(mentions(R"(route="a")"));
}

TEST_F(TrafficTest, ComesInTheSameOrderEveryTime) {
  exposition_.add(LifecycleMetrics("1.2.3").registry());
  EXPECT_EQ(exposition_.text(), exposition_.text());
  std::string before;
  for (const auto& family : exposition_.gather()) {
    EXPECT_LT(before, family.name);
    before = family.name;
  }
}

TEST(Exposition, MergesAFamilyThatTwoSourcesKnow) {
  Exposition exposition;
  LifecycleMetrics one("1"), two("2");
  exposition.add(two.registry());
  exposition.add(one.registry());
  const std::string text = exposition.text();
  EXPECT_EQ(text.find("# TYPE sluice_build_info"), text.rfind("# TYPE sluice_build_info"));
  EXPECT_LT(text.find("version=\"1\""), text.find("version=\"2\""));
}

TEST(Lifecycle, CountsReloads) {
  Exposition exposition;
  LifecycleMetrics lifecycle("1");
  exposition.add(lifecycle.registry());
  EXPECT_NE(exposition.text().find("sluice_config_last_reload_successful 1\n"), std::string::npos);
  lifecycle.reloaded(false);
  const std::string text = exposition.text();
  EXPECT_NE(text.find("sluice_config_last_reload_successful 0\n"), std::string::npos);
  EXPECT_NE(text.find("sluice_config_reloads_total{result=\"failure\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("sluice_config_reloads_total{result=\"success\"} 0\n"), std::string::npos);
}

TEST(Process, ReadsItself) {
  Exposition exposition;
  exposition.add(std::make_shared<ProcessMetrics>());
  const auto families = exposition.gather();
  ASSERT_EQ(families.size(), 5U);
  for (const auto& family : families) {
    const auto& metric = family.metric.at(0);
    EXPECT_GT(metric.gauge.value, 0) << family.name;
  }
}

}  // namespace
}  // namespace sluice::telemetry
