#include "health/printable.hpp"

namespace sluice::health {
namespace {

constexpr std::string_view kCut = "...";

std::string escaped(char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') return {'\\', c};
  if (byte >= 0x20 && byte < 0x7f) return {c};
  return {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  std::size_t room = 0;  // as much of `out` as leaves place for the mark of a cut
  for (const char c : text) {
    out += escaped(c);
    if (out.size() > kPrintableBytesMax) return out.substr(0, room).append(kCut);
    if (out.size() + kCut.size() <= kPrintableBytesMax) room = out.size();
  }
  return out;
}

std::string in_quotes(std::string_view text) {
  return '"' + printable(text) + '"';
}

}  // namespace sluice::health
