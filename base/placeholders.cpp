#include "base/placeholders.hpp"

#include <algorithm>

namespace sluice {
namespace {

std::string listed(std::span<const std::string_view> names) {
  std::string out;
  for (const std::string_view name : names)
    out.append(out.empty() ? "" : " ").append("{").append(name).append("}");
  return out;
}

}  // namespace

Result<std::vector<TextPiece>, std::string> parse_placeholders(
    std::string_view text, std::span<const std::string_view> names) {
  std::vector<TextPiece> pieces;
  while (!text.empty()) {
    const std::size_t brace = text.find_first_of("{}");
    if (brace > 0) pieces.push_back({std::string(text.substr(0, brace))});
    if (brace == std::string_view::npos) break;
    const std::size_t end = text.find_first_of("{}", brace + 1);
    if (text[brace] == '}' || end == std::string_view::npos || text[end] == '{')
      return Failure{std::string("a brace without its other half")};
    const std::string_view name = text.substr(brace + 1, end - brace - 1);
    const auto found = std::ranges::find(names, name);
    if (found == names.end())
      return Failure{"'{" + std::string(name) + "}' is none of " + listed(names)};
    pieces.push_back({{}, static_cast<std::size_t>(found - names.begin())});
    text.remove_prefix(end + 1);
  }
  return pieces;
}

}  // namespace sluice
