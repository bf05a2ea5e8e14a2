#include "base/condition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/ascii.hpp"

namespace sluice {
namespace {

std::vector<std::string_view> split_at(std::string_view text, std::string_view mark) {
  std::vector<std::string_view> parts;
  for (auto end = text.find(mark); end != std::string_view::npos; end = text.find(mark)) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + mark.size());
  }
  parts.push_back(text);
  return parts;
}

}  // namespace

bool Condition::Comparison::holds(double result) const noexcept {
  switch (relation) {
    case Relation::less:
      return result < limit;
    case Relation::less_equal:
      return result <= limit;
    case Relation::greater:
      return result > limit;
    case Relation::greater_equal:
      return result >= limit;
    case Relation::equal:
      return result == limit;
    case Relation::unequal:
      break;
  }
  return result != limit;
}

bool Condition::holds(double result) const noexcept {
  return std::ranges::any_of(any_of_all_, [&](const auto& all) {
    return std::ranges::all_of(all, [&](const Comparison& one) { return one.holds(result); });
  });
}

Result<Condition::Comparison, std::string> Condition::parse_comparison(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, Relation>, 6> kRelations{
      {{"<=", Relation::less_equal},
       {">=", Relation::greater_equal},
       {"==", Relation::equal},
       {"!=", Relation::unequal},
       {"<", Relation::less},
       {">", Relation::greater}}};  // the longer ones first
  std::string_view rest = trim_blanks(text);
  const std::string whole(rest);
  if (!rest.starts_with("result"))
    return Failure{"'" + whole + "' does not begin with result: write 'result >= 0.95'"};
  rest.remove_prefix(6);
  if (rest.starts_with("[0]")) rest.remove_prefix(3);
  rest = trim_blanks(rest);
  const auto* const found = std::ranges::find_if(
      kRelations, [&](const auto& one) { return rest.starts_with(one.first); });
  if (found == kRelations.end())
    return Failure{"'" + whole + "' compares nothing: <, <=, >, >=, == or != comes after result"};
  rest = trim_blanks(rest.substr(found->first.size()));
  Comparison comparison{.relation = found->second};
  const char* const end = rest.data() + rest.size();
  const auto read = std::from_chars(rest.data(), end, comparison.limit);
  if (rest.empty() || read.ec != std::errc() || read.ptr != end || !std::isfinite(comparison.limit))
    return Failure{"'" + std::string(rest) + "' is no number"};
  return comparison;
}

Result<Condition, std::string> Condition::parse(std::string_view text) {
  Condition condition;
  for (const std::string_view alternative : split_at(text, "||")) {
    auto& all = condition.any_of_all_.emplace_back();
    for (const std::string_view part : split_at(alternative, "&&")) {
      auto comparison = parse_comparison(part);
      if (!comparison) return Failure{std::move(comparison).error()};
      all.push_back(*comparison);
    }
  }
  return condition;
}

}  // namespace sluice
