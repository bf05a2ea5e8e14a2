#include "config/schema_expectation.hpp"

#include "config/schema_parts.hpp"
#include "config/status_range.hpp"

namespace sluice::config {
namespace {

using routing::ExpectationSpec;
using routing::JsonExpectation;
using routing::StatusRange;

constexpr unsigned kStatusMin = 100;
constexpr unsigned kStatusMax = 599;

Codec<StatusRange> status_range() {
  Type type{.form = Form::text,
            .summary = "a status code or a range of them",
            .pattern = "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$",
            .min = std::to_string(kStatusMin),
            .max = std::to_string(kStatusMax)};
  return scalar<StatusRange>(
      std::move(type),
      [](std::string_view written) -> Result<StatusRange, Problem> {
        const auto range = parse_status_range(written, kStatusMin, kStatusMax);
        if (!range) return Failure{Problem{range.error()}};
        return *range;
      },
      print_status_range);
}

Checked check_body_regex(std::string_view text) {
  if (text.empty()) return Failure{Problem{"an empty expression would match every body"}};
  return check_regex(text);
}

Codec<ExpectationSpec> body() {
  return object<ExpectationSpec>(
      {.fields = {row("matches", &ExpectationSpec::body_matches,
                      text("a regular expression", {}, check_body_regex),
                      "A regular expression (RE2) that is found anywhere in it: `healthy` is found "
                      "in \"not healthy\" too, so anchor it, or ask for a value under `json`.",
                      {.required = true, .example = "\"^(ok|healthy)$\""})}});
}

}  // namespace

std::vector<Field<ExpectationSpec>> expectation_rows(More status_more) {
  using E = ExpectationSpec;
  status_more.example = "[\"200-299\", 404]";
  return {only_if([](const E& it) { return !it.statuses.empty(); },
                  row("status", &E::statuses, list(status_range(), 1),
                      "Status codes and ranges of them; one must be that of the response.",
                      std::move(status_more))),
          row("headers", &E::headers, list(header_match_codec()),
              "Headers that must match, all of them, as under `match`.",
              {.example = "[{ name: x-state, exact: ready }]"}),
          inner("body", body(), "The text of the body, of up to 64 KiB."),
          row("json", &E::json,
              named_map(json_expectation_codec(), &JsonExpectation::pointer, check_json_pointer),
              "Values that the body, a JSON text of up to 64 KiB, must have: each a JSON Pointer "
              "(RFC 6901) with the value there, or with comparisons that must all hold. An object "
              "with a key given twice fails the check.",
              {.example = "{ /status: healthy, /checks/database: true, /disk_free: { \">=\": 0.1 } "
                          "}"})};
}

}  // namespace sluice::config
