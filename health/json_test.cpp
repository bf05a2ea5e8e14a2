#include "health/json_test.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include <re2/re2.h>

#include "base/json_text.hpp"
#include "health/printable.hpp"

namespace sluice::health {
namespace {

using routing::JsonScalar;
using routing::JsonTestKind;

constexpr std::size_t kListedMax = 3;

std::string shown(const JsonScalar& scalar) {
  if (const auto* const text = std::get_if<std::string>(&scalar)) return in_quotes(*text);
  if (const auto* const truth = std::get_if<bool>(&scalar)) return *truth ? "true" : "false";
  if (const auto* const number = std::get_if<double>(&scalar)) {
    if (std::isfinite(*number)) return json_number(*number);
    return *number < 0 ? "-1e999" : "1e999";  // as far beyond as it gets
  }
  return "null";
}

std::string shown(const ReportValue& value) {
  switch (value.shape) {
    case ReportShape::absent:
      return "absent";
    case ReportShape::object:
      return "an object";
    case ReportShape::array:
      return "an array";
    case ReportShape::scalar:
      break;
  }
  return shown(value.scalar);
}

std::string listed(const std::vector<JsonScalar>& scalars) {
  std::string out;
  for (std::size_t i = 0; i < scalars.size() && i < kListedMax; ++i)
    out += (i ? ", " : "") + shown(scalars[i]);
  return scalars.size() > kListedMax ? out + ", ..." : out;
}

// `order` of the two numbers, if they are numbers.
template <class Order>
bool are(const ReportValue& value, const JsonScalar& operand, Order order) {
  const auto* const left = std::get_if<double>(&value.scalar);
  const auto* const right = std::get_if<double>(&operand);
  return left != nullptr && right != nullptr && order(*left, *right);
}

bool matches(const ReportValue& value, const RE2* regex) {
  const auto* const text = std::get_if<std::string>(&value.scalar);
  return text != nullptr && regex != nullptr && RE2::PartialMatch(*text, *regex);
}

}  // namespace

JsonTest::JsonTest(routing::JsonTest spec) : spec_(std::move(spec)) {
  if (spec_.kind != JsonTestKind::matches || spec_.operands.empty()) return;
  if (const auto* const text = std::get_if<std::string>(&spec_.operands.front()))
    regex_ = std::make_shared<const RE2>(*text, RE2::Quiet);
}

bool JsonTest::passes(const ReportValue& value) const {
  const bool there = value.shape != ReportShape::absent;
  const bool scalar = value.shape == ReportShape::scalar;
  if (spec_.operands.empty()) return false;
  const JsonScalar& operand = spec_.operands.front();
  switch (spec_.kind) {
    case JsonTestKind::equal:
      return scalar && value.scalar == operand;
    case JsonTestKind::not_equal:
      return there && !(scalar && value.scalar == operand);
    case JsonTestKind::less:
      return scalar && are(value, operand, std::less());
    case JsonTestKind::less_equal:
      return scalar && are(value, operand, std::less_equal());
    case JsonTestKind::greater:
      return scalar && are(value, operand, std::greater());
    case JsonTestKind::greater_equal:
      return scalar && are(value, operand, std::greater_equal());
    case JsonTestKind::in:
      return scalar && std::ranges::find(spec_.operands, value.scalar) != spec_.operands.end();
    case JsonTestKind::matches:
      return scalar && matches(value, regex_.get());
    case JsonTestKind::exists:
      return operand == JsonScalar(there);
  }
  return false;
}

std::string JsonTest::objection(const ReportValue& value) const {
  const std::string operands = listed(spec_.operands);
  switch (spec_.kind) {
    case JsonTestKind::equal:
      return ", not " + operands;
    case JsonTestKind::not_equal:
      return value.shape == ReportShape::absent ? "" : ", which it must not be";
    case JsonTestKind::less:
      return ", not < " + operands;
    case JsonTestKind::less_equal:
      return ", not <= " + operands;
    case JsonTestKind::greater:
      return ", not > " + operands;
    case JsonTestKind::greater_equal:
      return ", not >= " + operands;
    case JsonTestKind::in:
      return ", not one of " + operands;
    case JsonTestKind::matches:
      return ", not a match of " + operands;
    case JsonTestKind::exists:
      return value.shape == ReportShape::absent ? "" : ", not absent";
  }
  return {};
}

std::string statement(const std::string& pointer, const ReportValue& value) {
  return printable(pointer) + " is " + shown(value);
}

}  // namespace sluice::health
