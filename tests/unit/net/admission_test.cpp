#include "net/admission.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

ClientKey key_of(const char* address) {
  return client_key(*Address::parse(address));
}

TEST(Admission, HoldsTheLimitOverAllClients) {
  Admission admission({.connections = 2, .per_client = 0});
  const ClientKey one = key_of("10.0.0.1:1");
  EXPECT_TRUE(admission.admit(one));
  EXPECT_TRUE(admission.admit(one));
  EXPECT_FALSE(admission.admit(key_of("10.0.0.2:1")));
  EXPECT_EQ(admission.refused(Refusal::connections), 1U);
  admission.leave(one);
  EXPECT_TRUE(admission.admit(one));
  EXPECT_EQ(admission.connections(), 2U);
}

TEST(Admission, HoldsTheLimitOfOneClientAndLetsOthersIn) {
  Admission admission({.connections = 10, .per_client = 2});
  const ClientKey greedy = key_of("10.0.0.1:1");
  EXPECT_TRUE(admission.admit(greedy));
  EXPECT_TRUE(admission.admit(key_of("10.0.0.1:2"))) << "the port does not matter";
  EXPECT_FALSE(admission.admit(greedy));
  EXPECT_EQ(admission.connections(), 2U) << "the one turned away is still counted";
  EXPECT_TRUE(admission.admit(key_of("10.0.0.2:1")));
  admission.leave(greedy);
  EXPECT_TRUE(admission.admit(greedy));
  EXPECT_EQ(admission.refused(Refusal::per_client), 1U);
  EXPECT_EQ(admission.refused(Refusal::connections), 0U);
}

TEST(Admission, TakesTheFirstHalfOfAnIPv6AddressForTheClient) {
  EXPECT_EQ(key_of("[2001:db8::1]:1"), key_of("[2001:db8::ffff:1]:2"));
  EXPECT_NE(key_of("[2001:db8::1]:1"), key_of("[2001:db8:0:1::1]:1"));
  EXPECT_NE(key_of("[::1]:1"), ClientKey{});
  EXPECT_NE(key_of("10.0.0.1:1"), key_of("10.0.0.2:1"));
}

TEST(Admission, DoesNotLimitTheClientsOfAUnixSocket) {
  Admission admission({.connections = 10, .per_client = 1});
  const ClientKey unix_peer = key_of("unix:/tmp/x");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(admission.admit(unix_peer));
}

}  // namespace
}  // namespace sluice::net
