// What a value of a JSON report is compared with.
#include <charconv>

#include <re2/re2.h>

#include "base/json_text.hpp"
#include "config/schema_expectation.hpp"
#include "config/schema_parts.hpp"

namespace sluice::config {
namespace {

using routing::JsonExpectation;
using routing::JsonScalar;
using routing::JsonTestKind;
using Operands = std::vector<JsonScalar>;

// Source: RFC 8259 section 6.
bool is_json_number(std::string_view text) {
  static const RE2 kNumber(R"(-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?)");
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), kNumber);
}

Result<double, Problem> parse_json_number(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  if (!is_json_number(text)) return Failure{Problem{"'" + std::string(text) + "' is not a number"}};
  if (const auto read = std::from_chars(text.data(), end, value);
      read.ec != std::errc{} || read.ptr != end)
    return Failure{Problem{"'" + std::string(text) + "' is out of the range of numbers"}};
  return value;
}

// The tree keeps no quotes, so what reads as a word or number of JSON is one.
Result<JsonScalar, Problem> parse_json_scalar(std::string_view text) {
  if (text == "null") return JsonScalar(nullptr);
  if (text == "true" || text == "false") return JsonScalar(text == "true");
  if (!is_json_number(text)) return JsonScalar(std::string(text));
  auto number = parse_json_number(text);
  if (!number) return Failure{std::move(number).error()};
  return JsonScalar(*number);
}

std::string print_json_scalar(const JsonScalar& scalar) {
  if (const auto* const text = std::get_if<std::string>(&scalar)) return *text;
  if (const auto* const truth = std::get_if<bool>(&scalar)) return *truth ? "true" : "false";
  if (const auto* const number = std::get_if<double>(&scalar)) return json_number(*number);
  return "null";
}

// Whether an absent value of YAML is the word null, or nothing at all, which is a slip as it is
// everywhere else. `key` is the place of its key.
bool says_null(const Place& key, const Reader& reader) {
  std::string_view rest = reader.source().line(key.line);
  const auto skip_blanks = [&] {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
  };
  rest.remove_prefix(std::min<std::size_t>(key.column - 1 + key.length, rest.size()));
  skip_blanks();
  if (!rest.starts_with(':')) return false;
  rest.remove_prefix(1);
  skip_blanks();
  const auto word = rest.substr(0, rest.find_first_of(" \t,}#\r"));
  return word == "null" || word == "Null" || word == "NULL" || word == "~";
}

enum class Within : std::uint8_t { map, list };

// YAML's null, which the tree tells from the text "null", is JSON's.
Codec<JsonScalar> json_scalar(Within within) {
  auto codec =
      scalar<JsonScalar>({.form = Form::text, .summary = "true, false, null, a number or a text"},
                         parse_json_scalar, print_json_scalar);
  const auto read = codec.read;
  codec.read = [=](const Tree& tree, Reader& reader, JsonScalar& out) {
    if (tree.kind == Kind::null && (within == Within::list || says_null(tree.place, reader)))
      out = nullptr;
    else
      read(tree, reader, out);
  };
  return codec;
}

Codec<double> number() {
  return scalar<double>({.form = Form::text, .summary = "a number"}, parse_json_number,
                        json_number);
}

template <class M>
M from_operands(const Operands& operands) {
  if constexpr (std::is_same_v<M, Operands>)
    return operands;
  else if constexpr (std::is_same_v<M, JsonScalar>)
    return operands.front();
  else
    return std::get<M>(operands.front());
}

template <class M>
Operands to_operands(M value) {
  if constexpr (std::is_same_v<M, Operands>)
    return value;
  else
    return {JsonScalar(std::move(value))};
}

template <class M>
Field<JsonExpectation> comparison(std::string key, JsonTestKind kind, Codec<M> codec,
                                  std::string doc, std::string example = {}) {
  return row_with<JsonExpectation, M>(
      std::move(key), std::move(codec),
      [=](const JsonExpectation& it) -> std::optional<M> {
        const auto found = std::ranges::find(it.tests, kind, &routing::JsonTest::kind);
        if (found == it.tests.end()) return std::nullopt;
        return from_operands<M>(found->operands);
      },
      [=](JsonExpectation& it, M value) {
        it.tests.push_back({kind, to_operands(std::move(value))});
      },
      std::move(doc), {.example = std::move(example)});
}

void check_comparisons(const Tree& tree, Reader& reader, JsonExpectation&) {
  if (tree.members.empty()) reader.error(tree.place, "at least one comparison is needed");
}

Codec<JsonExpectation> comparisons() {
  using enum JsonTestKind;
  const auto value = json_scalar(Within::map);
  return object<JsonExpectation>(
      {.fields = {comparison(
                      "==", equal, value,
                      "The same value of the same type. `true`, `false`, `null` and numbers are "
                      "what JSON calls so, quoted or not; all else is a text. For the text "
                      "\"true\" use `matches`.",
                      "ready"),
                  comparison("!=", not_equal, value, "There, and another value or type.",
                             "failing"),
                  comparison("<", less, number(), "A number less than this."),
                  comparison("<=", less_equal, number(), "A number not greater than this."),
                  comparison(">", greater, number(), "A number greater than this."),
                  comparison(">=", greater_equal, number(), "A number not less than this.", "0.1"),
                  comparison("in", in, list(json_scalar(Within::list), 1), "One of these values.",
                             "[ready, idle]"),
                  comparison("matches", matches, text("a regular expression", {}, check_regex),
                             "A text in which this regular expression (RE2) is found anywhere.",
                             "\"^true$\""),
                  comparison("exists", exists, boolean(),
                             "Whether there is a value, null included.", "false")},
       .check = check_comparisons});
}

}  // namespace

Codec<JsonExpectation> json_expectation_codec() {
  const auto object = comparisons();
  const auto value = json_scalar(Within::map);
  Type described = *object.type;
  described.shorthand = value.type;
  described.summary = "a value, or a map of comparisons";
  const auto type = std::make_shared<const Type>(std::move(described));
  return {type,
          [=](const Tree& tree, Reader& reader, JsonExpectation& out) {
            if (tree.kind == Kind::scalar || tree.kind == Kind::null) {
              JsonScalar operand;
              value.read(tree, reader, operand);
              out.tests = {{JsonTestKind::equal, {std::move(operand)}}};
            } else if (reader.expect(tree, Kind::map, *type)) {
              object.read(tree, reader, out);
            }
          },
          [=](const JsonExpectation& it, Detail detail) {
            const bool plain = it.tests.size() == 1 && it.tests[0].kind == JsonTestKind::equal;
            return plain ? value.render(it.tests[0].operands.front(), detail)
                         : object.render(it, detail);
          }};
}

}  // namespace sluice::config
