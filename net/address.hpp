#pragma once
// A socket address as a value: IPv4, IPv6 or a Unix path. Parsing never asks a resolver.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/cidr.hpp"

namespace sluice::net {

class Address {
 public:
  Address() = default;

  // "10.0.0.1:80", "[::1]:80" or "unix:/path". Errors: nothing for any other text, host names too.
  static std::optional<Address> parse(std::string_view text);
  static Address from_raw(const sockaddr* raw, socklen_t length);

  const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const noexcept { return length_; }
  int family() const noexcept { return storage_.ss_family; }
  bool is_unix() const noexcept { return family() == AF_UNIX; }
  std::uint16_t port() const noexcept;

  // "10.0.0.1", "::1"; "unix" for a Unix socket's peer. An IPv4-mapped IPv6 address is shown as
  // IPv4.
  std::string ip_text() const;
  std::string to_string() const;

  // The 16 bytes of the IP, IPv4 mapped into ::ffff:0:0/96; nothing for Unix.
  std::optional<std::array<std::uint8_t, 16>> ip_bytes() const noexcept;

 private:
  sockaddr_storage storage_{};
  socklen_t length_ = 0;
};

// Blocks of addresses, asked about sockets' addresses.
class CidrSet {
 public:
  // Errors: nothing if a text is no block.
  static std::optional<CidrSet> parse(std::span<const std::string> texts);
  bool contains(const Address& address) const noexcept {
    if (blocks_.empty()) return false;
    const auto bytes = address.ip_bytes();
    return bytes && blocks_.contains(*bytes);
  }
  bool empty() const noexcept { return blocks_.empty(); }

 private:
  CidrBlocks blocks_;
};

}  // namespace sluice::net
