#pragma once
// Blocks of IP addresses ("10.0.0.0/8", "::1"), IPv4 mapped into ::ffff:0:0/96 as everywhere here.
//
// Path: warm.   Invariant: every text was valid; see parse().
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

using IpBytes = std::array<std::uint8_t, 16>;

// An address without port or brackets. Errors: nothing for any other text.
std::optional<IpBytes> parse_ip(std::string_view text) noexcept;

class CidrBlocks {
 public:
  // Errors: nothing if a text is no block.
  static std::optional<CidrBlocks> parse(std::span<const std::string> texts);
  bool contains(const IpBytes& address) const noexcept;
  bool empty() const noexcept { return blocks_.empty(); }

 private:
  struct Block {
    IpBytes bytes;
    unsigned prefix;  // in bits of the mapped form
  };
  std::vector<Block> blocks_;
};

}  // namespace sluice
