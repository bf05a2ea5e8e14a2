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

}  // namespace
}  // namespace sluice::test
