#include "health/expectation.hpp"

#include <algorithm>

#include <re2/re2.h>

#include "health/printable.hpp"

namespace sluice::health {
namespace {

using routing::ExpectationSpec;
using routing::StringMatchKind;

// What of `expect` stays when `named` speaks for the rest.
ExpectationSpec without(ExpectationSpec expect, const ExpectationSpec& named) {
  if (!named.statuses.empty()) expect.statuses.clear();
  if (!named.body_matches.empty()) expect.body_matches.clear();
  std::erase_if(expect.headers, [&](const auto& header) {
    const auto same_name = [&](const auto& other) {
      return routing::lower_case(other.name) == routing::lower_case(header.name);
    };
    return std::ranges::any_of(named.headers, same_name);
  });
  std::erase_if(expect.json, [&](const auto& json) {
    return std::ranges::find(named.json, json.pointer, &routing::JsonExpectation::pointer) !=
           named.json.end();
  });
  return expect;
}

std::string wanted(const routing::StringMatch& match) {
  switch (match.kind) {
    case StringMatchKind::exact:
      return ", not " + in_quotes(match.value);
    case StringMatchKind::prefix:
      return ", not beginning with " + in_quotes(match.value);
    case StringMatchKind::regex:
      return ", not a match of " + in_quotes(match.value);
    case StringMatchKind::present:
      break;
  }
  return {};
}

std::string header_statement(const std::string& name, const Response& response) {
  const auto value = routing::find_header(response.fields, name);
  return "the header " + name + " is " + (value ? in_quotes(*value) : "absent");
}

bool is_among(unsigned status, const std::vector<routing::StatusRange>& ranges) {
  return std::ranges::any_of(
      ranges, [&](const auto& range) { return range.first <= status && status <= range.last; });
}

// Reports are objects; anything else need not be read unless somebody asks for it.
bool looks_like_report(std::string_view body) {
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && body[first] == '{';
}

std::string text_at(const ReportValues& values, std::size_t place) {
  const auto* const text = std::get_if<std::string>(&values[place].scalar);
  return text != nullptr ? printable(*text) : std::string();
}

}  // namespace

Expectation::Expectation(const routing::HealthSpec& spec)
    : version_(pointers_.add("/version")),
      environment_(pointers_.add("/environment")),
      expect_(compile(spec.expect)) {
  if (!spec.degraded || spec.degraded->expect == ExpectationSpec{}) return;  // would excuse all
  degraded_ = compile(spec.degraded->expect);
  besides_degraded_ = compile(without(spec.expect, spec.degraded->expect));
}

Expectation::Parts Expectation::compile(const ExpectationSpec& spec) {
  Parts parts{.statuses = spec.statuses,
              .headers = {},
              .body_text = spec.body_matches,
              .body = nullptr,
              .json = {}};
  std::vector<std::string> errors;  // config/ has let no bad expression through
  routing::Matching matching{errors};
  for (const auto& [name, match] : spec.headers) {
    parts.headers.push_back(
        {{routing::lower_case(name), routing::make_string_matcher(match, name, matching)},
         wanted(match)});
  }
  if (!spec.body_matches.empty())
    parts.body = std::make_shared<const RE2>(spec.body_matches, RE2::Quiet);
  for (const auto& [pointer, tests] : spec.json)
    parts.json.push_back({pointer, pointers_.add(pointer), {tests.begin(), tests.end()}});
  return parts;
}

Expectation::Report Expectation::read(const Response& response) const {
  const bool asked = !expect_.json.empty() || (degraded_ && !degraded_->json.empty());
  Report report{ReportValues(pointers_.size()), {}};
  if (!asked && !(response.whole && looks_like_report(response.body))) return report;
  if (!response.whole) {
    report.refusal = "the report is larger than 64 KiB";
    return report;
  }
  auto values = read_report(pointers_, response.body);
  if (values)
    report.values = std::move(values).value();
  else
    report.refusal = values.error();
  return report;
}

Expectation::Fault Expectation::find_fault(const Parts& parts, const Response& response,
                                           const Report& report) {
  if (!parts.statuses.empty() && !is_among(response.status, parts.statuses))
    return "status " + std::to_string(response.status);
  for (const auto& [matcher, wanted] : parts.headers) {
    if (routing::matches_header(matcher, response.fields)) continue;
    return header_statement(matcher.name, response) + wanted;
  }
  if (auto fault = find_body_fault(parts, response)) return fault;
  return find_json_fault(parts, report);
}

Expectation::Fault Expectation::find_body_fault(const Parts& parts, const Response& response) {
  if (!parts.body) return std::nullopt;
  if (!response.whole) return "the body is larger than 64 KiB";
  if (RE2::PartialMatch(response.body, *parts.body)) return std::nullopt;
  return "the body does not match " + in_quotes(parts.body_text);
}

Expectation::Fault Expectation::find_json_fault(const Parts& parts, const Report& report) {
  if (!parts.json.empty() && !report.refusal.empty()) return report.refusal;
  for (const auto& [pointer, place, tests] : parts.json) {
    const ReportValue& value = report.values[place];
    for (const JsonTest& test : tests) {
      if (!test.passes(value)) return statement(pointer, value) + test.objection(value);
    }
  }
  return std::nullopt;
}

// What is so about a response that has all of `parts`: the most telling of them.
std::string Expectation::describe(const Parts& parts, const Response& response,
                                  const Report& report) {
  if (!parts.json.empty()) {
    const Json& first = parts.json.front();
    return statement(first.pointer, report.values[first.place]);
  }
  if (!parts.headers.empty()) return header_statement(parts.headers.front().matcher.name, response);
  if (parts.body) return "the body matches " + in_quotes(parts.body_text);
  return "status " + std::to_string(response.status);
}

CheckResult Expectation::judge(const Response& response) const {
  const Report report = read(response);
  CheckResult result;
  result.report = {text_at(report.values, version_), text_at(report.values, environment_)};
  const bool degraded = degraded_ && !find_fault(*degraded_, response, report);
  const Fault fault = find_fault(degraded ? besides_degraded_ : expect_, response, report);
  if (fault) {
    result.reason = *fault;
  } else if (degraded) {
    result.verdict = Verdict::degraded;
    result.reason = describe(*degraded_, response, report);
  } else {
    result.verdict = Verdict::healthy;
  }
  return result;
}

}  // namespace sluice::health
