#include "base/address.hpp"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(EndpointAddress, IsTakenApart) {
  const std::pair<const char*, Address> cases[]{
      {"10.0.0.1:80", {AddressKind::ipv4, "10.0.0.1", 80}},
      {"[::1]:65535", {AddressKind::ipv6, "::1", 65'535}},
      {"app.internal:8080", {AddressKind::name, "app.internal", 8'080}},
      {"app_1:1", {AddressKind::name, "app_1", 1}},
      {"unix:/run/app.sock", {AddressKind::unix_path, "/run/app.sock", 0}},
  };
  for (const auto& [text, address] : cases) {
    const auto result = parse_endpoint_address(text);
    ASSERT_TRUE(result.ok()) << text << ": " << result.error();
    EXPECT_EQ(*result, address) << text;
  }
}

TEST(EndpointAddress, ExplainsWhatIsWrong) {
  const std::pair<std::string, const char*> cases[]{
      {"", "an address is missing"},
      {"app", "the port is missing: write app:PORT"},
      {"http://app:80", "an address is HOST:PORT, without a scheme"},
      {"::1", "an IPv6 address goes in brackets: [::1]:PORT"},
      {"[::1]", "the port is missing: write [::1]:PORT"},
      {"[::1:80", "']' is missing"},
      {"[app]:80", "'app' is not an IPv6 address"},
      {":80", "the host before ':' is missing"},
      {"app:0", "port: '0' is out of range: 1 to 65535"},
      {"app:65536", "port: '65536' is out of range: 1 to 65535"},
      {"app:http", "port: 'http' is not a number"},
      {"10.0.0.300:80", "'10.0.0.300' is neither a host name nor an IP address"},
      {"-app:80", "'-app' is neither a host name nor an IP address"},
      {"a..b:80", "'a..b' is neither a host name nor an IP address"},
      {"unix:run/app.sock", "a unix socket needs an absolute path, such as unix:/run/app.sock"},
      {"unix:/" + std::string(107, 'x'), "the path of a unix socket has at most 107 bytes"},
  };
  for (const auto& [text, error] : cases) {
    const auto result = parse_endpoint_address(text);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error(), error) << text;
  }
}

TEST(BindAddress, NeedsAnIpAddressAndMayLeaveThePortToTheSystem) {
  EXPECT_EQ(parse_bind_address("127.0.0.1:0")->port, 0);
  EXPECT_EQ(parse_bind_address("[::]:8080")->kind, AddressKind::ipv6);
  EXPECT_EQ(
      parse_bind_address("localhost:80").error(),
      "listening needs an IP address, not the name 'localhost' (127.0.0.1 is this host only)");
  EXPECT_EQ(parse_bind_address(":80").error(),
            "say which address: 0.0.0.0:80 is every IPv4 interface");
}

TEST(Loopback, IsThisHostAlone) {
  for (const auto* text : {"127.0.0.1:0", "127.9.9.9:80", "[::1]:0", "[0:0:0:0:0:0:0:1]:80"})
    EXPECT_TRUE(is_loopback(*parse_bind_address(text))) << text;
  for (const auto* text : {"0.0.0.0:0", "10.0.0.1:80", "[::]:0", "[::2]:80", "unix:/run/a"})
    EXPECT_FALSE(is_loopback(*parse_bind_address(text))) << text;
}

TEST(AddressBlock, IsABlockOrASingleAddress) {
  for (const auto* text : {"10.0.0.0/8", "10.0.0.1", "fd00::/8", "::1", "0.0.0.0/0", "::/128"}) {
    EXPECT_TRUE(is_address_block(text)) << text;
  }
  for (const auto* text : {"", "/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/08", "10.0.0/8",
                           "fd00::/129", "app/8", "10.0.0.0/8/8", "10.0.0.0/-1"}) {
    EXPECT_FALSE(is_address_block(text)) << text;
  }
}

TEST(HostName, HasLimits) {
  EXPECT_TRUE(is_host_name(std::string(63, 'a') + ".example"));
  EXPECT_FALSE(is_host_name(std::string(64, 'a') + ".example"));
  std::string longest;
  while (longest.size() < 252) longest += "a.";
  EXPECT_TRUE(is_host_name(longest + "a"));
  EXPECT_FALSE(is_host_name(longest + "aa"));
}

}  // namespace
}  // namespace sluice
