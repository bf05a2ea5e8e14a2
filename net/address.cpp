#include "net/address.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace sluice::net {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return port;
}

std::optional<Address> parse_unix(std::string_view path) {
  sockaddr_un un{};
  if (path.empty() || path.size() >= sizeof un.sun_path) return std::nullopt;
  un.sun_family = AF_UNIX;
  std::memcpy(un.sun_path, path.data(), path.size());
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return Address::from_raw(reinterpret_cast<const sockaddr*>(&un), length);
}

std::optional<Address> parse_v6(std::string_view host, std::uint16_t port) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, std::string(host).c_str(), &in.sin6_addr) != 1) return std::nullopt;
  return Address::from_raw(reinterpret_cast<const sockaddr*>(&in), sizeof in);
}

std::optional<Address> parse_v4(std::string_view host, std::uint16_t port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  in.sin_port = htons(port);
  if (::inet_pton(AF_INET, std::string(host).c_str(), &in.sin_addr) != 1) return std::nullopt;
  return Address::from_raw(reinterpret_cast<const sockaddr*>(&in), sizeof in);
}

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  if (text.starts_with("unix:")) return parse_unix(text.substr(5));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    return parse_v6(host.substr(1, host.size() - 2), *port);
  return parse_v4(host, *port);
}

Address Address::from_raw(const sockaddr* raw, socklen_t length) {
  Address address;
  address.length_ = std::min<socklen_t>(length, sizeof address.storage_);
  std::memcpy(&address.storage_, raw, address.length_);
  return address;
}

std::uint16_t Address::port() const noexcept {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage_)->sin_port);
  if (family() == AF_INET6)
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_port);
  return 0;
}

std::optional<std::array<std::uint8_t, 16>> Address::ip_bytes() const noexcept {
  std::array<std::uint8_t, 16> bytes{};
  if (family() == AF_INET) {
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
    std::memcpy(bytes.data() + 12, &reinterpret_cast<const sockaddr_in*>(&storage_)->sin_addr, 4);
    return bytes;
  }
  if (family() == AF_INET6) {
    std::memcpy(bytes.data(), &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, 16);
    return bytes;
  }
  return std::nullopt;
}

std::string Address::ip_text() const {
  const auto bytes = ip_bytes();
  if (!bytes) return "unix";
  char text[INET6_ADDRSTRLEN] = {};
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes->begin()))
    ::inet_ntop(AF_INET, bytes->data() + 12, text, sizeof text);
  else
    ::inet_ntop(AF_INET6, bytes->data(), text, sizeof text);
  return text;
}

std::string Address::to_string() const {
  if (is_unix())
    return std::string("unix:") + reinterpret_cast<const sockaddr_un*>(&storage_)->sun_path;
  if (family() == AF_INET) return ip_text() + ":" + std::to_string(port());
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage_)->sin6_addr, text,
              sizeof text);
  return "[" + std::string(text) + "]:" + std::to_string(port());
}

std::optional<CidrSet> CidrSet::parse(std::span<const std::string> texts) {
  auto blocks = CidrBlocks::parse(texts);
  if (!blocks) return std::nullopt;
  CidrSet set;
  set.blocks_ = *std::move(blocks);
  return set;
}

}  // namespace sluice::net
