#include "admin/host_policy.hpp"

#include <gtest/gtest.h>

namespace sluice::admin {
namespace {

TEST(HostPolicy, TakesOnlyNamesThatCannotBeRebound) {
  const struct {
    const char* host;
    bool accepted;
  } cases[] = {
      {"127.0.0.1", true},
      {"127.0.0.1:9901", true},
      {"10.1.2.3:1", true},
      {"localhost", true},
      {"LocalHost:9901", true},
      {"[::1]", true},
      {"[::1]:9901", true},
      {"", false},
      {"evil.example", false},
      {"evil.example:9901", false},
      {"localhost.evil.example", false},
      {"127.0.0.1.evil.example", false},
      {"127.0.0.1:", false},
      {"127.0.0.1:99999", false},
      {"127.0.0.1:9901x", false},
      {"[::1", false},
      {"[::1]x", false},
      {"[127.0.0.1]", false},
      {"[]", false},
      {"user@127.0.0.1", false},
      {"127.1", false},
      {"2130706433", false},
  };
  for (const auto& it : cases) EXPECT_EQ(may_name_us(it.host), it.accepted) << it.host;
}

}  // namespace
}  // namespace sluice::admin
