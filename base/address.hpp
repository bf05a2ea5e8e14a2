#pragma once
// Written network addresses: "10.0.0.1:80", "[::1]:80", "app.internal:80", "unix:/run/app.sock".
// Only the text is looked at; nothing is resolved.
//
// Errors: a sentence for a human, without the name of the field.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sluice {

enum class AddressKind : std::uint8_t { ipv4, ipv6, name, unix_path };

struct Address {
  AddressKind kind = AddressKind::ipv4;
  std::string host;  // without brackets; the path of a unix socket
  std::uint16_t port = 0;
  friend bool operator==(const Address&, const Address&) = default;
};

inline constexpr std::size_t kUnixPathMax = 107;  // sun_path less its NUL

// Where to connect to. Port 1 to 65535.
Result<Address, std::string> parse_endpoint_address(std::string_view text);

// Where to listen: an IP address, not a name (a name may resolve to several); port 0 lets the
// system pick.
Result<Address, std::string> parse_bind_address(std::string_view text);

// Reached by this host alone: 127.0.0.0/8 or ::1. A name is not looked up.
bool is_loopback(const Address& address) noexcept;

bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);  // without brackets or zone

// "10.0.0.0/8", "fd00::/8" or a single address.
bool is_address_block(std::string_view text);

// A DNS name: labels of letters, digits, '-' and '_', at most 63 bytes each, 253 in all, no
// trailing dot, the last label not all digits.
bool is_host_name(std::string_view text);

}  // namespace sluice
