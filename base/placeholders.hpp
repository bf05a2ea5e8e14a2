#pragma once
// Texts in which names in braces stand for something: "https://{host}{uri}".
//
// Thread: any.   Path: cold (parsing).
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sluice {

struct TextPiece {
  static constexpr std::size_t kPlain = ~std::size_t{0};
  std::string text;           // as it is; empty where a name stands
  std::size_t name = kPlain;  // index of the name
  friend bool operator==(const TextPiece&, const TextPiece&) = default;
};

// Errors: a sentence, when a brace is left over or a name is none of `names`.
Result<std::vector<TextPiece>, std::string> parse_placeholders(
    std::string_view text, std::span<const std::string_view> names);

}  // namespace sluice
