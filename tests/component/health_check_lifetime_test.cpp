// What becomes of a check and of its connection: the end, cancelling, starting anew.
#include <fstream>
#include <iomanip>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/support/check_bench.hpp"

namespace sluice::health {
namespace {

// An address that no other test uses: ports are soon lent to somebody else.
constexpr const char* kOwnAddress = "127.7.7.7";

// The ports that are blocked after connections to `port` there have ended, on either side.
std::pair<int, int> time_waits(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  std::ostringstream name;
  name << "0707077F:" << std::hex << std::uppercase << std::setw(4) << std::setfill('0') << port;
  int ours = 0, theirs = 0;
  for (std::string number, local, remote, state, rest; table >> number >> local >> remote >> state;
       std::getline(table, rest)) {
    if (state != "06") continue;
    ours += remote.ends_with(name.str()) ? 1 : 0;
    theirs += local.ends_with(name.str()) ? 1 : 0;
  }
  return {ours, theirs};
}

TEST(HealthCheckLifetime, LeavesTheBlockedPortToTheEndpoint) {
  Origin origin(answers_on(with_length("ok")), kOwnAddress);
  Bench bench(by_http(), origin.address());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(said(bench.once()), "healthy");
  EXPECT_EQ(time_waits(origin.port()), (std::pair{0, 1}));
}

TEST(HealthCheckLifetime, AnEndpointThatKeepsTheConnectionIsHungUpOn) {
  std::atomic<bool> hung_up{false};
  Origin origin(asked([&](Wire& wire) {
    wire.send(with_length("ok"));
    hung_up = wire.closed_by_peer();
  }));
  HealthSpec spec = impatient(by_http());
  spec.interval = std::chrono::minutes(1);  // too long to keep a connection
  Bench bench(spec, origin.address());
  EXPECT_EQ(said(bench.once()), "healthy");
  expect_soon(hung_up);
}

// Runs `disturb` after 0, 1, 2 ... events of a check, until the check has ended before it.
template <class Disturb>
void sweep(const std::string& address, Disturb disturb) {
  bool ended_first = false;
  for (int events = 0; !ended_first && events < 100; ++events) {
    Bench bench(by_report(), address);
    bench.start();
    for (int i = 0; i < events && bench.calls == 0; ++i) bench.io.run_one_for(test::kPatience);
    ended_first = bench.calls == 1;
    disturb(bench, events);
    bench.run();
  }
  EXPECT_TRUE(ended_first);
}

TEST(HealthCheckLifetime, IsSilentOnceCancelledInAnyPhase) {
  Origin origin(asked([](Wire& wire) { wire.send_slowly(with_length(kReport), 30); }));
  sweep(origin.address(), [](Bench& bench, int) {
    bench.check->cancel();
    const int before = bench.calls;
    bench.run();
    EXPECT_EQ(bench.calls, before);
  });
}

TEST(HealthCheckLifetime, IsSilentOnceDestroyedInAnyPhase) {
  Origin origin(asked([](Wire& wire) { wire.send_slowly(with_length(kReport), 30); }));
  sweep(origin.address(), [](Bench& bench, int) {
    bench.check.reset();
    const int before = bench.calls;
    bench.run();
    EXPECT_EQ(bench.calls, before);
  });
}

TEST(HealthCheckLifetime, AnotherStartTakesThePlaceOfTheFirstInAnyPhase) {
  Origin origin(asked([](Wire& wire) { wire.send_slowly(with_length(kReport), 30); }));
  sweep(origin.address(), [](Bench& bench, int events) {
    const int before = bench.calls;
    bench.start();
    bench.run();
    EXPECT_EQ(bench.calls, before + 1) << events;
    EXPECT_EQ(said(bench.last), "healthy") << events;
  });
}

TEST(HealthCheckLifetime, MayOutliveItsLoop) {
  Origin origin(answers_and_hangs(""));
  auto io = std::make_unique<boost::asio::io_context>(1);
  const HealthSpec spec = by_http();
  int calls = 0;
  Check check(*io, spec, std::make_shared<const Expectation>(spec), {origin.address(), "a:1"});
  check.start([&](const CheckResult&) { ++calls; });
  io->run_one_for(test::kPatience);
  io.reset();
  check.cancel();
  EXPECT_EQ(calls, 0);
}

TEST(HealthCheckLifetime, TheNextMayBeStartedFromTheEndOfTheLast) {
  Origin origin(answers(with_length(kReport)));
  Bench bench(by_report(), origin.address());
  std::function<void(CheckResult)> again = [&](const CheckResult& result) {
    EXPECT_EQ(said(result), "healthy");
    if (++bench.calls < 5) bench.check->start(again);
  };
  bench.check->start(again);
  bench.run();
  EXPECT_EQ(bench.calls, 5);
  EXPECT_EQ(origin.connections(), 5U);
}

TEST(HealthCheckLifetime, MayBeDestroyedFromItsEnd) {
  const DeadPort dead;
  Origin origin(answers(with_length(kReport)));
  for (const auto& address : {origin.address(), dead.address()}) {
    Bench bench(by_report(), address);
    bench.check->start([&](const CheckResult&) {
      ++bench.calls;
      bench.check.reset();
    });
    bench.run();
    EXPECT_EQ(bench.calls, 1);
  }
}

}  // namespace
}  // namespace sluice::health
