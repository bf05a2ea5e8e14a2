// What the last ten seconds hold.
#include "telemetry/recent_traffic.hpp"

#include <gtest/gtest.h>

namespace sluice::telemetry {
namespace {

using std::chrono::seconds;

class RecentTrafficTest : public ::testing::Test {
 protected:
  RecentTrafficTest() : shard_(std::make_unique<Shard>()), other_(std::make_unique<Shard>()) {
    Census census;
    census.arms = {{.slot = 0, .route = "shop", .upstream = "blue"},
                   {.slot = 1, .route = "shop", .upstream = "canary"}};
    catalogue_.add(census);
  }
  RecentTraffic::Time at(int second) const { return RecentTraffic::Time(seconds(1'000 + second)); }
  // "blue=9/1 canary=1/0": requests and errors a second.
  std::string rates(int second) const {
    std::string text;
    for (const ArmRate& rate : recent_.rates(at(second)))
      text += (text.empty() ? "" : " ") + rate.upstream + '=' +
              std::to_string(static_cast<int>(rate.requests)) + '/' +
              std::to_string(static_cast<int>(rate.errors));
    return text;
  }

  std::unique_ptr<Shard> shard_, other_;
  Catalogue catalogue_;
  RecentTraffic recent_{{shard_.get(), other_.get()}, catalogue_};
};

TEST_F(RecentTrafficTest, IsOfTheLastTenSecondsAndAllWorkers) {
  EXPECT_EQ(rates(0), "blue=0/0 canary=0/0");
  shard_->arms.ensure(0).decisions[2].add(1'000'000);  // long ago
  recent_.sample(at(0));
  shard_->arms.ensure(0).decisions[2].add(60);
  other_->arms.ensure(0).decisions[0].add(30);
  shard_->arms.ensure(0).requests[0][code_index(503)].add(10);
  shard_->arms.ensure(0).requests[0][code_index(200)].add(80);
  shard_->arms.ensure(1).decisions[1].add(10);
  EXPECT_EQ(rates(5), "blue=18/2 canary=2/0") << "of the five seconds that there are";
  for (int second = 1; second <= 10; ++second) recent_.sample(at(second));
  EXPECT_EQ(rates(10), "blue=9/1 canary=1/0");
  recent_.sample(at(11));
  recent_.sample(at(12));
  EXPECT_EQ(rates(12), "blue=0/0 canary=0/0");
}

TEST_F(RecentTrafficTest, LeavesOutWhatIsNotServedAnyMore) {
  recent_.sample(at(0));
  catalogue_.add({2, {{.slot = 1, .route = "shop", .upstream = "canary"}}, {}});
  EXPECT_EQ(rates(1), "canary=0/0");
}

}  // namespace
}  // namespace sluice::telemetry
