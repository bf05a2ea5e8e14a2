#pragma once
// The PROXY protocol, versions 1 and 2: what a hop in front of us says of the connection that it
// brings, and what we say to an upstream. Pure.
//
// Source: "The PROXY protocol", Willy Tarreau, 2020 (haproxy doc/proxy-protocol.txt).
// Invariant: the same answer however the bytes were cut; nothing behind the header is looked at.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/address.hpp"

namespace sluice::net {

struct ProxyHeader {
  enum class Kind : std::uint8_t {
    incomplete,  // more bytes are needed
    bad,         // this is none, or none that may be believed
    local,       // the hop speaks for itself, or does not know
    client,      // `source` is who connected to it
  };
  Kind kind = Kind::bad;
  std::size_t size = 0;  // of the whole header; with local and client
  Address source = {};
};

// A version 2 header with more than this in it, extensions included, is refused.
inline constexpr std::size_t kProxyHeaderMax = 4096;

ProxyHeader read_proxy_header(std::string_view input);

enum class ProxyVersion : std::uint8_t { v1, v2 };

// An address that is none of IP, on either side, makes a header that says nothing (UNKNOWN, LOCAL).
std::string write_proxy_header(ProxyVersion version, const Address& source,
                               const Address& destination);

}  // namespace sluice::net
