#include "base/address.hpp"

#include <algorithm>

#include <arpa/inet.h>

#include "base/parse.hpp"

namespace sluice {
namespace {

constexpr std::size_t kHostNameMax = 253;
constexpr std::size_t kLabelMax = 63;

bool parses_as(int family, std::string_view text) {
  unsigned char bytes[16];
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return false;
  return ::inet_pton(family, std::string(text).c_str(), bytes) == 1;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

Result<Address, std::string> parse_unix(std::string_view path) {
  if (path.empty() || path.front() != '/') {
    return Failure{std::string("a unix socket needs an absolute path, such as unix:/run/app.sock")};
  }
  if (path.size() > kUnixPathMax) {
    return Failure{"the path of a unix socket has at most " + std::to_string(kUnixPathMax) +
                   " bytes"};
  }
  if (std::ranges::any_of(path, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
    return Failure{std::string("the path of a unix socket has a control character")};
  }
  return Address{AddressKind::unix_path, std::string(path), 0};
}

Result<Address, std::string> classify(std::string_view host, bool bracketed) {
  const std::string text(host);
  if (bracketed) {
    if (is_ipv6(host)) return Address{AddressKind::ipv6, text, 0};
    return Failure{"'" + text + "' is not an IPv6 address"};
  }
  if (is_ipv4(host)) return Address{AddressKind::ipv4, text, 0};
  if (is_host_name(host)) return Address{AddressKind::name, text, 0};
  return Failure{"'" + text + "' is neither a host name nor an IP address"};
}

std::string explain_no_port(std::string_view text) {
  if (std::ranges::all_of(text, is_digit)) {
    return "a port alone: write HOST:" + std::string(text);
  }
  if (is_ipv6(text)) return "an IPv6 address goes in brackets: [" + std::string(text) + "]:PORT";
  return "the port is missing: write " + std::string(text) + ":PORT";
}

Result<Address, std::string> parse_host_and_port(std::string_view text, std::uint64_t port_min) {
  if (text.find("://") != std::string_view::npos) {
    return Failure{std::string("an address is HOST:PORT, without a scheme")};
  }
  const bool bracketed = text.starts_with('[');
  const auto close = bracketed ? text.find(']') : std::string_view::npos;
  if (bracketed && close == std::string_view::npos) return Failure{std::string("']' is missing")};
  const auto colon = bracketed ? close + 1 : text.rfind(':');
  if (colon >= text.size() || text[colon] != ':' || (!bracketed && text.find(':') != colon)) {
    return Failure{explain_no_port(text)};
  }
  const auto host = bracketed ? text.substr(1, close - 1) : text.substr(0, colon);
  if (host.empty()) return Failure{std::string("the host before ':' is missing")};
  auto address = classify(host, bracketed);
  if (!address) return address;
  auto port = parse_integer(text.substr(colon + 1), port_min, 65'535);
  if (!port) return Failure{"port: " + port.error()};
  address->port = static_cast<std::uint16_t>(*port);
  return address;
}

}  // namespace

bool is_loopback(const Address& address) noexcept {
  in6_addr bytes{};
  if (address.kind == AddressKind::ipv4) return address.host.starts_with("127.");
  return address.kind == AddressKind::ipv6 &&
         ::inet_pton(AF_INET6, address.host.c_str(), &bytes) == 1 && IN6_IS_ADDR_LOOPBACK(&bytes);
}

bool is_ipv4(std::string_view text) {
  return parses_as(AF_INET, text);
}

bool is_ipv6(std::string_view text) {
  return parses_as(AF_INET6, text);
}

bool is_address_block(std::string_view text) {
  const auto slash = text.find('/');
  const auto host = text.substr(0, slash);
  const bool v4 = is_ipv4(host);
  if (!v4 && !is_ipv6(host)) return false;
  if (slash == std::string_view::npos) return true;
  return parse_integer(text.substr(slash + 1), 0, v4 ? 32 : 128).ok();
}

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > kHostNameMax) return false;
  for (std::size_t start = 0;;) {
    const auto dot = std::min(text.find('.', start), text.size());
    const auto label = text.substr(start, dot - start);
    if (!is_label(label)) return false;
    // "10.0.0.300" is a mistyped IPv4 address, not a name.
    if (dot == text.size()) return !std::ranges::all_of(label, is_digit);
    start = dot + 1;
  }
}

Result<Address, std::string> parse_endpoint_address(std::string_view text) {
  if (text.empty()) return Failure{std::string("an address is missing")};
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  return parse_host_and_port(text, 1);
}

Result<Address, std::string> parse_bind_address(std::string_view text) {
  if (text.empty()) return Failure{std::string("an address is missing")};
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  if (text.starts_with(':')) {
    return Failure{"say which address: 0.0.0.0" + std::string(text) + " is every IPv4 interface"};
  }
  auto address = parse_host_and_port(text, 0);
  if (address && address->kind == AddressKind::name) {
    return Failure{"listening needs an IP address, not the name '" + address->host +
                   "' (127.0.0.1 is this host only)"};
  }
  return address;
}

}  // namespace sluice
