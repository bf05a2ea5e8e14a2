#include "net/proxy_protocol.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include <netinet/in.h>

#include "base/address.hpp"

namespace sluice::net {
namespace {

using Kind = ProxyHeader::Kind;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kPrefix = "PROXY ";
constexpr std::size_t kLineMax = 107;  // of version 1, with its end
constexpr std::size_t kFixed = 16;     // of version 2: signature, command, family, length

constexpr std::uint8_t kLocal = 0x20;
constexpr std::uint8_t kProxy = 0x21;
constexpr std::uint8_t kTcp4 = 0x11;
constexpr std::uint8_t kTcp6 = 0x21;
constexpr std::size_t kTcp4Size = 12;
constexpr std::size_t kTcp6Size = 36;

ProxyHeader refused() {
  return {};
}

// Whether one may become the other when more comes.
bool agree_so_far(std::string_view input, std::string_view whole) {
  return input.substr(0, whole.size()) == whole.substr(0, input.size());
}

Address make_v4(const char* address, const char* port) {
  sockaddr_in in{};
  in.sin_family = AF_INET;
  std::memcpy(&in.sin_addr, address, 4);
  std::memcpy(&in.sin_port, port, 2);
  return Address::from_raw(reinterpret_cast<const sockaddr*>(&in), sizeof in);
}

Address make_v6(const char* address, const char* port) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  std::memcpy(&in.sin6_addr, address, 16);
  std::memcpy(&in.sin6_port, port, 2);
  return Address::from_raw(reinterpret_cast<const sockaddr*>(&in), sizeof in);
}

// ---- version 1 -----------------------------------------------------------------------------

// The next word, which a single blank or the end follows.
std::string_view next_word(std::string_view& line) {
  const std::size_t blank = line.find(' ');
  const std::string_view word = line.substr(0, blank);
  line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  return word;
}

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && at == end && (text.size() == 1 || text.front() != '0');
}

ProxyHeader read_line(std::string_view line, std::size_t size) {
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return {Kind::local, size};
  const std::string_view family = next_word(line);
  if (family != "TCP4" && family != "TCP6") return refused();
  const bool v4 = family == "TCP4";
  const std::string_view source = next_word(line);
  const std::string_view destination = next_word(line);
  const std::string_view source_port = next_word(line);
  const std::string_view destination_port = line;
  const auto is_address = v4 ? is_ipv4 : is_ipv6;
  if (!is_address(source) || !is_address(destination)) return refused();
  if (!is_port(source_port) || !is_port(destination_port)) return refused();
  const std::string host = v4 ? std::string(source) : "[" + std::string(source) + "]";
  const auto address = Address::parse(host + ":" + std::string(source_port));
  return address ? ProxyHeader{Kind::client, size, *address} : refused();
}

ProxyHeader read_v1(std::string_view input) {
  const std::size_t end = input.substr(0, kLineMax).find("\r\n");
  if (end == std::string_view::npos)
    return input.size() < kLineMax ? ProxyHeader{Kind::incomplete} : refused();
  return read_line(input.substr(kPrefix.size(), end - kPrefix.size()), end + 2);
}

// ---- version 2 -----------------------------------------------------------------------------

ProxyHeader read_v2(std::string_view input) {
  if (input.size() < kFixed) return {Kind::incomplete};
  const auto command = static_cast<std::uint8_t>(input[12]);
  const auto family = static_cast<std::uint8_t>(input[13]);
  const std::size_t length = static_cast<std::size_t>(static_cast<std::uint8_t>(input[14])) << 8U |
                             static_cast<std::uint8_t>(input[15]);
  const std::size_t size = kFixed + length;
  if ((command != kLocal && command != kProxy) || size > kProxyHeaderMax) return refused();
  if (input.size() < size) return {Kind::incomplete};
  if (command == kLocal) return {Kind::local, size};
  const char* const at = input.data() + kFixed;
  if (family == kTcp4 && length >= kTcp4Size) return {Kind::client, size, make_v4(at, at + 8)};
  if (family == kTcp6 && length >= kTcp6Size) return {Kind::client, size, make_v6(at, at + 32)};
  // Another family of which nothing can be said, or one that is too short for itself.
  return family == kTcp4 || family == kTcp6 ? refused() : ProxyHeader{Kind::local, size};
}

// ---- writing -------------------------------------------------------------------------------

bool both_v4(const Address& one, const Address& other) {
  return one.family() == AF_INET && other.family() == AF_INET;
}

bool have_ip(const Address& one, const Address& other) {
  return one.ip_bytes() && other.ip_bytes();
}

std::string text_of(const Address& address, bool as_v4) {
  const std::string text = address.ip_text();
  return as_v4 || text.find(':') != std::string::npos ? text : "::ffff:" + text;
}

std::string write_v1(const Address& source, const Address& destination) {
  if (!have_ip(source, destination)) return "PROXY UNKNOWN\r\n";
  const bool v4 = both_v4(source, destination);
  return std::string("PROXY ") + (v4 ? "TCP4 " : "TCP6 ") + text_of(source, v4) + ' ' +
         text_of(destination, v4) + ' ' + std::to_string(source.port()) + ' ' +
         std::to_string(destination.port()) + "\r\n";
}

void append_port(std::string& out, std::uint16_t port) {
  out.push_back(static_cast<char>(port >> 8U));
  out.push_back(static_cast<char>(port & 0xffU));
}

std::string write_v2(const Address& source, const Address& destination) {
  std::string out(kSignature);
  if (!have_ip(source, destination)) return out.append("\x20\x00\x00\x00", 4);
  const bool v4 = both_v4(source, destination);
  out.append(v4 ? std::string("\x21\x11\x00\x0c", 4) : std::string("\x21\x21\x00\x24", 4));
  for (const Address* const one : {&source, &destination}) {
    const auto bytes = *one->ip_bytes();
    out.append(reinterpret_cast<const char*>(bytes.data()) + (v4 ? 12 : 0), v4 ? 4 : 16);
  }
  append_port(out, source.port());
  append_port(out, destination.port());
  return out;
}

}  // namespace

ProxyHeader read_proxy_header(std::string_view input) {
  if (input.size() >= kSignature.size() && input.starts_with(kSignature)) return read_v2(input);
  if (input.size() >= kPrefix.size() && input.starts_with(kPrefix)) return read_v1(input);
  const bool may_become = (input.size() < kSignature.size() && agree_so_far(input, kSignature)) ||
                          (input.size() < kPrefix.size() && agree_so_far(input, kPrefix));
  return may_become ? ProxyHeader{Kind::incomplete} : refused();
}

std::string write_proxy_header(ProxyVersion version, const Address& source,
                               const Address& destination) {
  return version == ProxyVersion::v1 ? write_v1(source, destination)
                                     : write_v2(source, destination);
}

}  // namespace sluice::net
