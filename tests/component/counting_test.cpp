// What a request leaves in the counters.
#include <gtest/gtest.h>

#include "proxy/message.hpp"
#include "tests/support/proxy.hpp"
#include "tests/support/scripts.hpp"

namespace sluice::test {
namespace {

const telemetry::Shard& shard(Proxy& proxy) {
  return *proxy.plane().shards().front();
}

// Null until the worker has adopted the first snapshot.
const telemetry::ArmCounters* only_arm(Proxy& proxy) {
  return shard(proxy).arms.find(0);
}

bool counted_once(Proxy& proxy, proxy::Method method, std::uint16_t code) {
  const auto row = static_cast<std::size_t>(method);
  return eventually([&] {
    const auto* const arm = only_arm(proxy);
    return arm != nullptr && arm->requests[row][telemetry::code_index(code)].load() == 1;
  });
}

std::uint64_t endpoint_outcomes(Proxy& proxy) {
  std::uint64_t sum = 0;
  for (const auto& outcome : shard(proxy).endpoints.find(0)->outcomes) sum += outcome.load();
  return sum;
}

TEST(Counting, AServedRequestCountsForItsUpstreamAndItsEndpoint) {
  Origin origin(always(ok()));
  Proxy proxy(one_upstream(origin.address()));
  EXPECT_EQ(proxy.ask(get()).status(), 200);
  EXPECT_TRUE(counted_once(proxy, proxy::Method::get, 200));
  EXPECT_EQ(endpoint_outcomes(proxy), 1u);
}

// A stranger must not be able to write into an upstream's record without reaching it.
TEST(Counting, ARequestThatNeverReachedAnUpstreamLeavesNothingOnItsEndpoint) {
  Ear upstream;
  Proxy proxy(one_upstream(upstream.address()));
  Wire wire = proxy.connect();
  wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n");
  wire.shutdown_write();
  EXPECT_TRUE(counted_once(proxy, proxy::Method::post, 499));
  EXPECT_EQ(endpoint_outcomes(proxy), 0u);
  EXPECT_EQ(only_arm(proxy)->upstream_duration.sum_us(), 0u);
}

// ---- runs of failures, for outlier detection -------------------------------------------------

std::uint64_t failure_run(Proxy& proxy) {
  return shard(proxy).endpoints.find(0)->failure_run.load();
}

// Asks for paths that the origin answers with that status; 0: it hangs up.
std::uint64_t run_after(Proxy& proxy, std::initializer_list<int> statuses) {
  for (const int status : statuses) {
    const std::uint64_t before = endpoint_outcomes(proxy);
    proxy.ask(get("/" + std::to_string(status)));
    EXPECT_TRUE(eventually([&] { return endpoint_outcomes(proxy) > before; }));
  }
  return failure_run(proxy);
}

Origin::Script answers_as_asked() {
  return [](Wire& wire, Origin&) {
    const WireMessage request = wire.read_message();
    const std::string status = request.first_line().substr(5, 3);
    if (status.starts_with("0")) return;
    wire.send("HTTP/1.1 " + status + " x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  };
}

TEST(Counting, ARunOfFailuresEndsWithASuccess) {
  Origin origin(answers_as_asked());
  Proxy proxy(one_upstream(origin.address(), "", ", outlier: {}", ", retry: { attempts: 0 }"));
  proxy.ask(get("/200"));  // the worker has adopted the snapshot
  EXPECT_EQ(run_after(proxy, {200, 500, 0, 503}), 3u);
  EXPECT_EQ(run_after(proxy, {404}), 0u) << "the endpoint is well";
}

TEST(Counting, ServerErrorsAreNoFailuresIfNotAskedFor) {
  Origin origin(answers_as_asked());
  Proxy proxy(one_upstream(origin.address(), "", ", outlier: { server_errors: false }",
                           ", retry: { attempts: 0 }"));
  proxy.ask(get("/200"));
  EXPECT_EQ(run_after(proxy, {0, 0}), 2u);
  EXPECT_EQ(run_after(proxy, {500}), 0u);
}

TEST(Counting, NobodyAsksForRuns) {
  Origin origin(answers_as_asked());
  Proxy proxy(one_upstream(origin.address(), "", "", ", retry: { attempts: 0 }"));
  proxy.ask(get("/200"));
  EXPECT_EQ(run_after(proxy, {500, 0}), 0u);
}

}  // namespace
}  // namespace sluice::test
