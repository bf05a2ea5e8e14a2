#include "base/cidr.hpp"

#include <charconv>
#include <cstring>

#include <arpa/inet.h>

namespace sluice {
namespace {

constexpr unsigned kMappedBits = 96;

std::optional<unsigned> parse_prefix(std::string_view text, unsigned most) {
  unsigned prefix = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, prefix);
  if (error != std::errc{} || at != end || prefix > most) return std::nullopt;
  return prefix;
}

}  // namespace

std::optional<IpBytes> parse_ip(std::string_view text) noexcept {
  char copy[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof copy) return std::nullopt;
  std::memcpy(copy, text.data(), text.size());
  IpBytes bytes{};
  if (::inet_pton(AF_INET6, copy, bytes.data()) == 1) return bytes;
  bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (::inet_pton(AF_INET, copy, bytes.data() + 12) == 1) return bytes;
  return std::nullopt;
}

std::optional<CidrBlocks> CidrBlocks::parse(std::span<const std::string> texts) {
  CidrBlocks set;
  for (const std::string& text : texts) {
    const std::size_t slash = text.find('/');
    const std::string_view host = std::string_view(text).substr(0, slash);
    const auto address = parse_ip(host);
    if (!address) return std::nullopt;
    const bool v4 = host.find(':') == std::string_view::npos;
    unsigned prefix = v4 ? 32 : 128;
    if (slash != std::string::npos) {
      const auto parsed = parse_prefix(std::string_view(text).substr(slash + 1), prefix);
      if (!parsed) return std::nullopt;
      prefix = *parsed;
    }
    set.blocks_.push_back({*address, v4 ? prefix + kMappedBits : prefix});
  }
  return set;
}

bool CidrBlocks::contains(const IpBytes& address) const noexcept {
  for (const Block& block : blocks_) {
    const unsigned whole = block.prefix / 8;
    const unsigned rest = block.prefix % 8;
    if (std::memcmp(address.data(), block.bytes.data(), whole) != 0) continue;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - rest));
    if ((address[whole] & mask) == (block.bytes[whole] & mask)) return true;
  }
  return false;
}

}  // namespace sluice
