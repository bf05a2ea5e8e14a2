#include "net/address.hpp"

#include <gtest/gtest.h>

namespace sluice::net {
namespace {

TEST(Address, ParsesAndPrints) {
  for (const char* text :
       {"10.0.0.1:80", "0.0.0.0:0", "[::1]:65535", "[2001:db8::1]:443", "unix:/run/app.sock"}) {
    const auto address = Address::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->to_string(), text);
  }
}

TEST(Address, RefusesEverythingElse) {
  for (const char* text :
       {"", "10.0.0.1", "10.0.0.1:", ":80", "10.0.0.1:65536", "10.0.0.1:-1", "10.0.0.1:8x",
        "10.0.0.256:80", "1.2.3:80", "::1:80", "[::1]", "[::1:80", "[]:80", "example.com:80",
        "localhost:80", "unix:", "010.0.0.1:80", "[10.0.0.1]:80"})
    EXPECT_FALSE(Address::parse(text)) << text;
  EXPECT_FALSE(Address::parse("unix:" + std::string(108, 'a'))) << "longer than the kernel takes";
  EXPECT_TRUE(Address::parse("unix:" + std::string(107, 'a')));
}

TEST(Address, MappedIpv4IsShownAsIpv4) {
  EXPECT_EQ(Address::parse("[::ffff:1.2.3.4]:80")->ip_text(), "1.2.3.4");
  EXPECT_EQ(Address::parse("[::1]:80")->ip_text(), "::1");
  EXPECT_EQ(Address::parse("unix:/x")->ip_text(), "unix");
  EXPECT_EQ(Address::parse("1.2.3.4:80")->port(), 80);
  EXPECT_EQ(Address::parse("unix:/x")->port(), 0);
}

bool inside(const char* block, const char* ip) {
  const std::vector<std::string> blocks{block};
  const auto set = CidrSet::parse(blocks);
  EXPECT_TRUE(set) << block;
  const auto address = Address::parse(ip);
  EXPECT_TRUE(address) << ip;
  return set && address && set->contains(*address);
}

TEST(Cidr, Contains) {
  struct Case {
    const char* block;
    const char* ip;
    bool inside;
  };
  for (const Case& one :
       {Case{"10.0.0.0/8", "10.255.0.1:1", true}, Case{"10.0.0.0/8", "11.0.0.1:1", false},
        Case{"10.0.0.1", "10.0.0.1:1", true}, Case{"10.0.0.1", "10.0.0.2:1", false},
        Case{"10.0.0.128/25", "10.0.0.127:1", false}, Case{"10.0.0.128/25", "10.0.0.200:1", true},
        Case{"10.0.0.77/25", "10.0.0.1:1", true},  // host bits do not matter
        Case{"192.168.1.4/30", "192.168.1.7:1", true},
        Case{"192.168.1.4/30", "192.168.1.8:1", false}, Case{"0.0.0.0/0", "1.2.3.4:1", true},
        Case{"0.0.0.0/0", "[2001:db8::1]:1", false}, Case{"::/0", "[2001:db8::1]:1", true},
        Case{"::/0", "1.2.3.4:1", true}, Case{"2001:db8::/33", "[2001:db8:7fff::1]:1", true},
        Case{"2001:db8::/33", "[2001:db8:8000::1]:1", false},
        Case{"10.0.0.0/8", "[::ffff:10.1.2.3]:1", true}, Case{"::1", "[::1]:1", true},
        Case{"::/0", "unix:/x", false}})
    EXPECT_EQ(inside(one.block, one.ip), one.inside) << one.block << ' ' << one.ip;
}

TEST(Cidr, RefusesWhatIsNoBlock) {
  for (const char* text : {"", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8",
                           "a", "10.0.0/8", "[::1]"}) {
    const std::vector<std::string> blocks{"10.0.0.0/8", text};
    EXPECT_FALSE(CidrSet::parse(blocks)) << text;
  }
}

}  // namespace
}  // namespace sluice::net
