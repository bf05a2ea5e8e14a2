// Checks, verdicts and snapshots as the engine wires them, with endpoints that change their mind.
#include <atomic>
#include <thread>

#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

#include "app/engine.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::app {
namespace {

using std::chrono::milliseconds;
using test::Origin;
using test::Wire;
using test::WireMessage;

// Answers every request with `status`, until it is told another.
class Patient {
 public:
  std::string address() const { return origin_.address(); }
  void feel(int status) { status_ = status; }
  unsigned checks() const { return checks_; }

 private:
  std::atomic<int> status_{200};
  std::atomic<unsigned> checks_{0};
  Origin origin_{[this](Wire& wire, Origin&) {
    if (!wire.read_message().complete) return;
    ++checks_;
    wire.send("HTTP/1.1 " + std::to_string(status_.load()) +
              " x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }};
};

class HealthMonitorTest : public ::testing::Test {
 protected:
  HealthMonitorTest() { engine_.start(); }
  ~HealthMonitorTest() override { engine_.stop(); }

  // One route over `blue` with these endpoints, checked every 5 ms.
  routing::RoutingSpec shop(std::vector<std::string> addresses) const {
    routing::RoutingSpec spec;
    routing::UpstreamSpec& blue = spec.upstreams.emplace_back();
    blue.name = "blue";
    for (const std::string& address : addresses) blue.endpoints.push_back({address, 1});
    routing::HealthSpec& health = blue.health.emplace();
    health.http.emplace();
    health.interval = health.down_interval = milliseconds(5);
    routing::RouteSpec& route = spec.routes.emplace_back();
    route.name = "shop";
    route.split = {{"blue", 1}};
    return spec;
  }
  void serve(const routing::RoutingSpec& spec) {
    ASSERT_TRUE(engine_.control().apply(spec, {std::string(32, 'k')}, {}).ok());
  }
  // Runs the control thread's events until it is true, or patience ends.
  bool comes_to(const std::function<bool()>& condition) {
    return test::eventually([&] {
      io_.run_for(milliseconds(2));
      io_.restart();
      return condition();
    });
  }
  std::size_t available() const {
    return engine_.control().current()->upstreams[0].available.size();
  }
  health::EndpointStatus status(std::size_t index) const {
    return engine_.health().statuses().at(index);
  }

  boost::asio::io_context io_{1};
  std::vector<std::string> lines_;
  Engine engine_{1, 1, io_, [this](const std::string& line) { lines_.push_back(line); }};
};

TEST_F(HealthMonitorTest, AnEndpointServesOnceItHasPassed) {
  Patient well;
  Patient ill;
  ill.feel(503);
  serve(shop({well.address(), ill.address()}));
  EXPECT_EQ(available(), 0U);
  EXPECT_FALSE(engine_.health().settled());
  ASSERT_TRUE(comes_to([&] { return engine_.health().settled() && available() == 1; }));
  const auto& blue = engine_.control().current()->upstreams[0];
  EXPECT_EQ(blue.endpoints[blue.available[0]].address, well.address());
}

TEST_F(HealthMonitorTest, FollowsItsVerdicts) {
  Patient patient;
  serve(shop({patient.address()}));
  ASSERT_TRUE(comes_to([&] { return available() == 1; }));
  EXPECT_EQ(status(0).state, "healthy");
  patient.feel(503);
  ASSERT_TRUE(comes_to([&] { return available() == 0; }));
  EXPECT_EQ(status(0).state, "unhealthy");
  EXPECT_NE(status(0).reason.find("503"), std::string::npos) << status(0).reason;
  patient.feel(200);
  ASSERT_TRUE(comes_to([&] { return available() == 1; }));
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_EQ(lines_[0], "health: blue " + patient.address() + " is up");
  EXPECT_TRUE(lines_[1].starts_with("health: blue " + patient.address() + " is down: "));
}

TEST_F(HealthMonitorTest, AReloadKeepsTheVerdictsOfThoseThatStay) {
  Patient patient;
  Patient fresh;
  fresh.feel(500);
  serve(shop({patient.address()}));
  ASSERT_TRUE(comes_to([&] { return available() == 1; }));
  auto next = shop({patient.address(), fresh.address()});
  next.upstreams[0].health->interval = milliseconds(7);
  serve(next);
  EXPECT_EQ(available(), 1U) << "not for a moment";
  ASSERT_TRUE(comes_to([&] { return engine_.health().settled(); }));
  EXPECT_EQ(available(), 1U);
  EXPECT_EQ(status(0).state == "healthy", status(1).state == "unhealthy");
}

TEST_F(HealthMonitorTest, AnEndpointThatIsGoneIsNotChecked) {
  Patient patient;
  Patient other;
  serve(shop({patient.address(), other.address()}));
  ASSERT_TRUE(comes_to([&] { return available() == 2; }));
  serve(shop({other.address()}));
  const unsigned asked = patient.checks();
  const unsigned before = other.checks();
  ASSERT_TRUE(comes_to([&] { return other.checks() >= before + 5; }));
  EXPECT_LE(patient.checks(), asked + 1) << "one may have been on its way";
}

// A check that is due in the same moment as the reload that ends it must not run any more.
TEST_F(HealthMonitorTest, ReloadsWhileChecksAreDue) {
  Patient patient;
  Patient other;
  for (int run = 0; run < 60; ++run) {
    auto spec = shop({patient.address(), other.address()});
    spec.upstreams[0].health->interval = milliseconds(10 + run % 2);
    if (run % 3 == 0) spec.upstreams[0].endpoints.pop_back();
    if (run % 5 == 0) spec.upstreams[0].health.reset();
    boost::asio::post(io_, [this, spec] { serve(spec); });
    std::this_thread::sleep_for(milliseconds(3));  // several handlers become ready at once
    io_.poll();
    io_.restart();
  }
  EXPECT_TRUE(comes_to([&] { return engine_.health().settled() && available() > 0; }));
}

TEST_F(HealthMonitorTest, StopsWithTheEngine) {
  Patient patient;
  serve(shop({patient.address()}));
  ASSERT_TRUE(comes_to([&] { return patient.checks() > 3; }));
  engine_.stop();
  io_.run_for(milliseconds(20));
  const unsigned asked = patient.checks();
  io_.restart();
  io_.run_for(milliseconds(50));
  EXPECT_LE(patient.checks(), asked);
}

}  // namespace
}  // namespace sluice::app
