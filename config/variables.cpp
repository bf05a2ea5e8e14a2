#include "config/variables.hpp"

#include <algorithm>

#include "base/utf8.hpp"

namespace sluice::config {
namespace {

bool is_variable_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// `inside` is what stands between the braces.
Result<std::string, std::string> look_up(std::string_view inside, const Environment& environment) {
  const auto dash = inside.find(":-");
  const std::string name(inside.substr(0, dash));
  if (!is_variable_name(name)) {
    return Failure{
        "'${" + std::string(inside) +
        "}' is not a variable: write ${NAME}, ${NAME:-default}, or $$ for a dollar sign"};
  }
  auto value = environment(name);
  if (dash != std::string_view::npos && (!value || value->empty())) {
    return std::string(inside.substr(dash + 2));
  }
  if (!value) {
    return Failure{"variable " + name + " is not set; ${" + name +
                   ":-...} would give it a default"};
  }
  if (find_invalid_utf8(*value) != std::string::npos) {
    return Failure{"the value of variable " + name + " is not UTF-8"};
  }
  return *std::move(value);
}

}  // namespace

Result<std::string, std::string> expand_variables(std::string_view text,
                                                  const Environment& environment) {
  std::string out;
  while (!text.empty()) {
    const auto dollar = std::min(text.find('$'), text.size());
    out += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.starts_with("${")) {
      const auto close = text.find('}');
      if (close == std::string_view::npos) {
        return Failure{std::string("'${' without '}'; write $$ for a dollar sign")};
      }
      auto value = look_up(text.substr(2, close - 2), environment);
      if (!value) return value;
      out += *value;
      text.remove_prefix(close + 1);
    } else if (!text.empty()) {
      out += '$';
      text.remove_prefix(text.starts_with("$$") ? 2 : 1);
    }
  }
  return out;
}

std::string escape_variables(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool special = i + 1 < text.size() && (text[i + 1] == '$' || text[i + 1] == '{');
    if (text[i] == '$' && special) out += '$';
  }
  return out;
}

}  // namespace sluice::config
