#include "base/placeholders.hpp"

#include <array>

#include <gtest/gtest.h>

namespace sluice {
namespace {

constexpr std::array<std::string_view, 2> kNames{"host", "uri"};

// "a|<0>|b", or the error.
std::string parsed(std::string_view text) {
  const auto pieces = parse_placeholders(text, kNames);
  if (!pieces) return pieces.error();
  std::string out;
  for (const TextPiece& piece : pieces.value())
    out += (out.empty() ? "" : "|") +
           (piece.name == TextPiece::kPlain ? piece.text : "<" + std::to_string(piece.name) + ">");
  return out;
}

TEST(Placeholders, Table) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"{host}", "<0>"},
      {"https://{host}{uri}", "https://|<0>|<1>"},
      {"{host}:8443/x", "<0>|:8443/x"},
      {"{hosts}", "'{hosts}' is none of {host} {uri}"},
      {"{}", "'{}' is none of {host} {uri}"},
      {"{host", "a brace without its other half"},
      {"host}", "a brace without its other half"},
      {"{{host}}", "a brace without its other half"},
  };
  for (const auto& [text, expected] : rows) EXPECT_EQ(parsed(text), expected) << text;
}

}  // namespace
}  // namespace sluice
