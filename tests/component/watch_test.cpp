// What the guard is told of the requests of a watched route.
#include <future>

#include <gtest/gtest.h>

#include "proxy/watch_book.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

using routing::ArmTick;
using routing::RouteTick;
using routing::SlowAfter;
using namespace std::chrono_literals;

constexpr std::size_t kErrors = 0;
constexpr std::size_t kP90 = 1;

// Arms in the order of the split: blue (the baseline) 0, canary 1.
std::string watched(const std::string& split, const std::string& blue, const std::string& canary,
                    const std::string& route = "") {
  return "listeners: [{ bind: \"127.0.0.1:0\" }]\nupstreams:\n  blue: { endpoints: [\"" + blue +
         "\"] }\n  canary: { endpoints: [\"" + canary + "\"] }\nroutes:\n  - split: " + split +
         "\n    guard: { baseline: blue, latency: [{ quantile: 0.9, max: 2s }] }\n" + route;
}

RouteTick collect(Proxy& proxy, std::vector<SlowAfter> limits = {}) {
  auto reports = std::make_shared<std::promise<std::vector<routing::WatchReport>>>();
  proxy.plane().collect(std::move(limits),
                        [reports](auto all) { reports->set_value(std::move(all)); });
  const auto all = reports->get_future().get();
  return all.front().routes.empty() ? RouteTick{} : all.front().routes.front();
}

// Sums of all draws: of the upstream with that place in the split.
ArmTick arm(const RouteTick& tick, std::size_t index) {
  ArmTick sum;
  for (const auto& draw : tick.draws) {
    const ArmTick& one = draw.arms[index];
    sum.drawn += one.drawn;
    sum.failed += one.failed;
    for (std::size_t m = 0; m < routing::kWatchMetricsMax; ++m) {
      sum.bad[m] += one.bad[m];
      sum.decided[m] += one.decided[m];
      sum.over[m] += one.over[m];
    }
  }
  return sum;
}

Origin::Script fails() {
  return always("HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n");
}

// Ends each request itself: counting goes on after the response, so the last one is awaited.
RouteTick after_requests(Proxy& proxy, int count, const std::string& request = get()) {
  for (int i = 0; i < count; ++i) proxy.ask(request);
  RouteTick tick;
  std::uint64_t decided = 0;
  EXPECT_TRUE(eventually([&] {
    RouteTick more = collect(proxy);
    for (auto& draw : more.draws) tick.draws.push_back(draw);
    for (auto& one : more.sessions) tick.sessions.push_back(one);
    decided = arm(tick, 0).decided[kErrors] + arm(tick, 1).decided[kErrors];
    return decided >= static_cast<std::uint64_t>(count);
  }));
  return tick;
}

TEST(Watch, TellsWhatWasDrawnAndWhatFailed) {
  Origin blue(always(ok()));
  Origin canary(fails());
  Proxy proxy(watched("{ blue: 1, canary: 1 }", blue.address(), canary.address()));
  const RouteTick tick = after_requests(proxy, 60);
  const ArmTick well = arm(tick, 0);
  const ArmTick ill = arm(tick, 1);
  EXPECT_EQ(well.drawn + ill.drawn, 60U);
  EXPECT_GT(ill.drawn, 0U);
  EXPECT_EQ(well.failed, 0U);
  EXPECT_EQ(well.decided[kErrors], well.drawn);
  EXPECT_EQ(ill.failed, ill.drawn);
  EXPECT_EQ(ill.bad[kErrors], ill.drawn);
  EXPECT_EQ(ill.over[kErrors], ill.drawn);
  EXPECT_EQ(ill.bad[kP90], 0U) << "without a limit nothing is slow, not even a failure";
  EXPECT_EQ(tick.draws.front().placements->share(1, 0), 0.5);
  EXPECT_TRUE(collect(proxy).draws.empty()) << "told once";
}

TEST(Watch, CountsASlowRequestWhileItStillWaits) {
  Ear canary;
  Origin blue(always(ok()));
  Proxy proxy(watched("{ blue: 0, canary: 1 }", blue.address(), canary.address()));
  SlowAfter limits;
  limits.others[0] = 1ms;
  ASSERT_TRUE(eventually([&] { return collect(proxy, {limits}).draws.empty(); }));
  Wire wire = proxy.connect();
  wire.send(get());
  std::uint64_t slow = 0;
  EXPECT_TRUE(eventually([&] { return (slow += arm(collect(proxy, {limits}), 1).bad[kP90]) > 0; }));
  EXPECT_EQ(slow, 1U);
  EXPECT_EQ(arm(collect(proxy, {limits}), 1).bad[kP90], 0U) << "once";
}

TEST(Watch, AFailureIsInfinitelySlow) {
  Origin blue(always(ok()));
  Origin canary(fails());
  Proxy proxy(watched("{ blue: 0, canary: 1 }", blue.address(), canary.address()));
  SlowAfter limits;
  limits.others[0] = 1h;
  proxy.ask(get());  // the first snapshot is served
  ASSERT_TRUE(eventually([&] { return collect(proxy, {limits}).draws.empty(); }));
  proxy.ask(get());
  ArmTick ill;
  EXPECT_TRUE(eventually([&] {
    ill = arm(collect(proxy, {limits}), 1);
    return ill.failed > 0;
  }));
  EXPECT_EQ(ill.bad[kP90], 1U);
  EXPECT_EQ(ill.over[kP90], 1U);
}

TEST(Watch, KnowsNothingOfForcedRequests) {
  Origin blue(always(ok()));
  Origin canary(fails());
  Proxy proxy(watched("{ blue: 1, canary: 0 }", blue.address(), canary.address(),
                      "    overrides: [{ header: { name: x-a, exact: b }, upstream: canary }]\n"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(proxy.ask(get("/", "X-A: b\r\n")).status(), 500);
  const RouteTick tick = after_requests(proxy, 1);
  EXPECT_EQ(arm(tick, 1).decided[kErrors], 0U);
  EXPECT_EQ(arm(tick, 0).decided[kErrors], 1U);
}

TEST(Watch, AFailureCountsWhereItHappenedThoughTheBaselineSavesTheRequest) {
  Origin blue(always(ok()));
  Origin canary(fails());
  Proxy proxy(watched("{ blue: 0, canary: 1 }", blue.address(), canary.address(),
                      "    retry: { on: [\"500\"], other_upstream: blue }\n"));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  const RouteTick tick = after_requests(proxy, 1);
  EXPECT_GE(arm(tick, 1).failed, 1U);
  EXPECT_EQ(arm(tick, 0).decided[kErrors], 0U);
}

TEST(Watch, TellsBadRequestsOfSessionsOneByOneWithTheirSession) {
  Origin blue(fails());
  Origin canary(fails());
  Proxy proxy(watched("{ blue: 1, canary: 1 }", blue.address(), canary.address(),
                      "    sticky: { cookie: sluice }\n"));
  const WireMessage first = proxy.ask(get());
  const std::string cookie = first.field("Set-Cookie").value_or("");
  const std::string pinned = get("/", "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n");
  const RouteTick tick = after_requests(proxy, 3, pinned);
  ASSERT_GE(tick.sessions.size(), 3U);
  EXPECT_NE(tick.sessions[0].session, 0U);
  for (const auto& event : tick.sessions) {
    EXPECT_EQ(event.session, tick.sessions[0].session);
    EXPECT_EQ(event.arm, tick.sessions[0].arm);
  }
  EXPECT_EQ(arm(tick, 0).bad[kErrors] + arm(tick, 1).bad[kErrors], 0U);
}

// The pin says by which draw the session was placed, also when the weights have changed since.
TEST(Watch, WeighsASessionWithTheChanceThatPlacedIt) {
  Origin blue(fails());
  Origin canary(fails());
  const std::string sticky = "    sticky: { cookie: sluice }\n";
  Proxy proxy(watched("{ blue: 3, canary: 1 }", blue.address(), canary.address(), sticky));
  const std::string cookie = proxy.ask(get()).field("Set-Cookie").value_or("");
  proxy.reload(watched("{ blue: 1, canary: 1 }", blue.address(), canary.address(), sticky));
  ASSERT_TRUE(eventually([&] { return collect(proxy).draws.empty(); }));
  const RouteTick tick =
      after_requests(proxy, 1, get("/", "Cookie: " + cookie.substr(0, cookie.find(';')) + "\r\n"));
  ASSERT_FALSE(tick.sessions.empty());
  EXPECT_EQ(tick.draws.back().placements->share(1, 0), 0.25);
}

}  // namespace
}  // namespace sluice::test
