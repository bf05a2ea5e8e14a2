#include "app/demo/plan.hpp"

#include <algorithm>

#include "base/parse.hpp"
#include "base/suggest.hpp"

namespace sluice::app::demo {
namespace {

constexpr std::uint32_t kWeightMax = 1'000'000;

std::string unknown(std::string_view name, const std::vector<Variant>& variants) {
  std::vector<std::string> names;
  for (const Variant& variant : variants) names.push_back(variant.name);
  const std::string nearest = suggest(name, names);
  std::string text = "unknown variant '" + std::string(name) + "'";
  return nearest.empty() ? text + "; there are blue, green and canary"
                         : text + "; did you mean '" + nearest + "'?";
}

// One "name=weight". Errors: a sentence.
std::string take_one(std::string_view item, std::vector<Variant>& variants) {
  const auto equals = item.find('=');
  if (equals == std::string_view::npos) return "'" + std::string(item) + "' is not NAME=WEIGHT";
  const std::string_view name = item.substr(0, equals);
  const auto found = std::ranges::find(variants, name, &Variant::name);
  if (found == variants.end()) return unknown(name, variants);
  const auto weight = parse_integer(item.substr(equals + 1), 0, kWeightMax);
  if (!weight) return "weight of " + found->name + ": " + weight.error();
  found->weight = static_cast<std::uint32_t>(*weight);
  return {};
}

}  // namespace

std::vector<Variant> usual_variants() {
  return {{"blue", "1.4.2", 90}, {"green", "1.5.0", 5}, {"canary", "2.0.0-rc1", 5}};
}

std::vector<Variant> story_variants() {
  return {{"blue", "1.4.2", 90}, {"canary", "2.0.0-rc1", 10}};
}

Result<std::vector<Variant>, std::string> parse_weights(std::string_view text) {
  std::vector<Variant> variants = usual_variants();
  for (Variant& variant : variants) variant.weight = 0;
  while (true) {
    const auto comma = text.find(',');
    std::string error = take_one(text.substr(0, comma), variants);
    if (!error.empty()) return Failure{std::move(error)};
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (std::ranges::all_of(variants, [](const Variant& it) { return it.weight == 0; }))
    return Failure{std::string("at least one weight must be positive")};
  return variants;
}

}  // namespace sluice::app::demo
