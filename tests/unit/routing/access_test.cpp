// Who is let in: blocks of addresses as a table, and what a limit counts by.
#include "routing/access.hpp"

#include <gtest/gtest.h>

namespace sluice::routing {
namespace {

using Kind = AccessVerdict::Kind;
const RateLimiter::Time kStart{std::chrono::hours(10)};

TEST(Access, WithoutRulesThereIsNothingToAsk) {
  EXPECT_EQ(Access::make({}, nullptr), nullptr);
}

TEST(Access, DenyBeatsAllow) {
  const auto access = Access::make({.allow = {"10.0.0.0/8", "2001:db8::/32"},
                                    .deny = {"10.6.0.0/15", "10.9.9.9"},
                                    .rate_limit = {}},
                                   nullptr);
  struct Case {
    std::string client;
    Kind expected;
  };
  for (const Case& it : {Case{"10.1.2.3", Kind::admitted}, Case{"10.6.0.1", Kind::denied},
                         Case{"10.7.255.255", Kind::denied}, Case{"10.8.0.0", Kind::admitted},
                         Case{"10.9.9.9", Kind::denied}, Case{"11.0.0.1", Kind::denied},
                         Case{"2001:db8::1", Kind::admitted}, Case{"2001:db9::1", Kind::denied},
                         Case{"::ffff:10.1.2.3", Kind::admitted}, Case{"unix", Kind::denied},
                         Case{"", Kind::denied}})
    EXPECT_EQ(access->judge(it.client, {}, kStart).kind, it.expected) << it.client;
}

TEST(Access, ALimitCountsByAddressAndBySubnetOfIPv6) {
  const auto access = Access::make(
      {.allow = {},
       .deny = {},
       .rate_limit =
           RateLimitSpec{.requests = 1, .per = milliseconds(60'000), .burst = 0, .header = {}}},
      nullptr);
  const auto kind = [&](std::string_view client) { return access->judge(client, {}, kStart).kind; };
  EXPECT_EQ(kind("10.0.0.1"), Kind::admitted);
  EXPECT_EQ(kind("10.0.0.2"), Kind::admitted);
  EXPECT_EQ(kind("10.0.0.1"), Kind::too_often);
  EXPECT_EQ(kind("2001:db8::1"), Kind::admitted);
  EXPECT_EQ(kind("2001:db8::2"), Kind::too_often);
  EXPECT_EQ(kind("2001:db8:0:1::1"), Kind::admitted);
  EXPECT_EQ(access->judge("10.0.0.1", {}, kStart).retry_after, std::chrono::seconds(60));
}

TEST(Access, ALimitCountsByAHeader) {
  const AccessSpec spec{
      .allow = {},
      .deny = {},
      .rate_limit = RateLimitSpec{
          .requests = 1, .per = milliseconds(60'000), .burst = 0, .header = "x-api-key"}};
  const auto access = Access::make(spec, nullptr);
  const auto kind = [&](std::string_view key) {
    const Field fields[] = {{"X-Api-Key", key}};
    return access->judge("10.0.0.1", fields, kStart).kind;
  };
  EXPECT_EQ(kind("one"), Kind::admitted);
  EXPECT_EQ(kind("two"), Kind::admitted);
  EXPECT_EQ(kind("one"), Kind::too_often);
  EXPECT_EQ(access->judge("10.0.0.1", {}, kStart).kind, Kind::admitted);  // by its address
  // What was counted goes on in the next configuration, unless the limit is another.
  EXPECT_EQ(Access::make(spec, access.get())->judge("10.0.0.1", {}, kStart).kind, Kind::too_often);
  AccessSpec other = spec;
  other.rate_limit->requests = 2;
  EXPECT_EQ(Access::make(other, access.get())->judge("10.0.0.1", {}, kStart).kind, Kind::admitted);
}

}  // namespace
}  // namespace sluice::routing
