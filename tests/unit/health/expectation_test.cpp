#include "health/expectation.hpp"

#include <gtest/gtest.h>

namespace sluice::health {
namespace {

using routing::ExpectationSpec;
using routing::HealthSpec;
using routing::JsonExpectation;
using routing::JsonScalar;
using routing::JsonTestKind;
using routing::StringMatchKind;

// The shape of report that the issue names.
constexpr std::string_view kReport =
    R"({"status":"healthy","checks":{"database":true,"cache":true},"disk_free":0.42,)"
    R"("version":"1.4.2","environment":"blue"})";

JsonExpectation is(std::string pointer, JsonScalar value) {
  return {std::move(pointer), {{JsonTestKind::equal, {std::move(value)}}}};
}
JsonExpectation has(std::string pointer, JsonTestKind kind, std::vector<JsonScalar> operands) {
  return {std::move(pointer), {{kind, std::move(operands)}}};
}

HealthSpec expecting(std::vector<JsonExpectation> json) {
  HealthSpec spec;
  spec.expect.json = std::move(json);
  return spec;
}

// The example of the contract.
HealthSpec contract() {
  HealthSpec spec =
      expecting({is("/status", "healthy"), is("/checks/database", true), is("/environment", "blue"),
                 has("/disk_free", JsonTestKind::greater_equal, {0.1})});
  spec.degraded.emplace().expect.json = {is("/status", "degraded")};
  return spec;
}

std::string said(const CheckResult& result) {
  std::string out(kVerdictLabels[static_cast<std::size_t>(result.verdict)]);
  return result.reason.empty() ? out : out + ": " + result.reason;
}

std::string judge(const HealthSpec& spec, const Response& response) {
  return said(Expectation(spec).judge(response));
}

std::string judge(const HealthSpec& spec, std::string_view body, unsigned status = 200) {
  return judge(spec, Response{.status = status, .body = body});
}

std::string with(std::string_view report, std::string_view old, std::string_view now) {
  std::string text(report);
  return text.replace(text.find(old), old.size(), now);
}

TEST(Expectation, JudgesTheReportOfTheContract) {
  struct Case {
    std::string body;
    unsigned status;
    std::string verdict;
  };
  const Case cases[]{
      {std::string(kReport), 200, "healthy"},
      {std::string(kReport), 299, "healthy"},
      {std::string(kReport), 503, "unhealthy: status 503"},
      {std::string(kReport), 300, "unhealthy: status 300"},
      {with(kReport, R"("database":true)", R"("database":false)"), 200,
       "unhealthy: /checks/database is false, not true"},
      {with(kReport, R"("database":true)", R"("database":"true")"), 200,
       R"(unhealthy: /checks/database is "true", not true)"},
      {with(kReport, R"("database":true)", R"("database":1)"), 200,
       "unhealthy: /checks/database is 1, not true"},
      {with(kReport, R"("database":true)", R"("database":[true])"), 200,
       "unhealthy: /checks/database is an array, not true"},
      {with(kReport, R"("database":true,)", ""), 200,
       "unhealthy: /checks/database is absent, not true"},
      {with(kReport, "blue", "green"), 200, R"(unhealthy: /environment is "green", not "blue")"},
      {with(kReport, "0.42", "0.1"), 200, "healthy"},
      {with(kReport, "0.42", "0.05"), 200, "unhealthy: /disk_free is 0.05, not >= 0.1"},
      {with(kReport, "0.42", "\"0.42\""), 200, R"(unhealthy: /disk_free is "0.42", not >= 0.1)"},
      {with(kReport, "0.42", "1e999"), 200, "healthy"},
      {with(kReport, "\"healthy\"", "null"), 200, R"(unhealthy: /status is null, not "healthy")"},
      {"OK", 200, "unhealthy: the report is not JSON: syntax error"},
      {"", 200, "unhealthy: the report is not JSON: it ends too early"},
      {"[]", 200, R"(unhealthy: /status is absent, not "healthy")"},
  };
  for (const auto& [body, status, verdict] : cases)
    EXPECT_EQ(judge(contract(), body, status).substr(0, verdict.size()), verdict) << body;
}

TEST(Expectation, IsNotFooledByTextThatContainsTheWord) {
  const HealthSpec spec = expecting({is("/status", "healthy")});
  EXPECT_EQ(judge(spec, R"({"status":"healthy"})"), "healthy");
  const std::pair<const char*, const char*> cases[]{
      {R"({"status":"not healthy"})", R"(/status is "not healthy", not "healthy")"},
      {R"({"status":"unhealthy"})", R"(/status is "unhealthy", not "healthy")"},
      {R"({"status":"Healthy"})", R"(/status is "Healthy", not "healthy")"},
      {R"({"status":"healthy "})", R"(/status is "healthy ", not "healthy")"},
      {R"({"status":["healthy"]})", R"(/status is an array, not "healthy")"},
      {R"({"status":{"status":"healthy"}})", R"(/status is an object, not "healthy")"},
      {R"({"old":{"status":"healthy"}})", R"(/status is absent, not "healthy")"},
      {R"({"status":"unhealthy","status":"healthy"})", "the report has the key \"status\" twice"},
      {R"({"status":"healthy","status":"unhealthy"})", "the report has the key \"status\" twice"},
      {R"({"status":"unhealthy"}{"status":"healthy"})",
       "the report is not JSON: something follows its end"},
      {R"("status: healthy")", R"(/status is absent, not "healthy")"},
      {R"({"status":"healthy")", "the report is not JSON: it ends too early"},
  };
  for (const auto& [body, reason] : cases)
    EXPECT_EQ(judge(spec, body), "unhealthy: " + std::string(reason)) << body;
  HealthSpec by_text;
  by_text.expect.body_matches = "healthy";
  EXPECT_EQ(judge(by_text, "not healthy"), "healthy") << "the nature of a text match";
}

TEST(Expectation, EveryComparison) {
  struct Case {
    JsonTestKind kind;
    std::vector<JsonScalar> operands;
    std::string passing, failing;  // values of /x
    std::string objection;
  };
  using enum JsonTestKind;
  const Case cases[]{
      {equal, {1.0}, "1.0", "2", "is 2, not 1"},
      {equal, {nullptr}, "null", "0", "is 0, not null"},
      {equal, {"a"}, "\"a\"", "{}", "is an object, not \"a\""},
      {not_equal, {"a"}, "\"b\"", "\"a\"", "is \"a\", which it must not be"},
      {not_equal, {"a"}, "[\"a\"]", "\"a\"", "is \"a\", which it must not be"},
      {not_equal, {true}, "1", "true", "is true, which it must not be"},
      {less, {10.0}, "9.5", "10", "is 10, not < 10"},
      {less_equal, {10.0}, "10", "11", "is 11, not <= 10"},
      {greater, {-1.0}, "0", "-1", "is -1, not > -1"},
      {greater_equal, {0.1}, "0.1", "\"1\"", "is \"1\", not >= 0.1"},
      {in, {"a", 1.0, nullptr}, "1", "\"b\"", "is \"b\", not one of \"a\", 1, null"},
      {in, {1.0, 2.0, 3.0, 4.0}, "4", "[4]", "is an array, not one of 1, 2, 3, ..."},
      {matches, {"^v[0-9]+"}, "\"v12\"", "\"xv12\"", "is \"xv12\", not a match of \"^v[0-9]+\""},
      {matches, {"1"}, "\"x1x\"", "1", "is 1, not a match of \"1\""},
      {exists, {true}, "null", "", "is absent"},
      {exists, {true}, "{}", "", "is absent"},
      {exists, {false}, "", "null", "is null, not absent"},
  };
  const auto body = [](const std::string& value) {
    return value.empty() ? std::string("{}") : R"({"x":)" + value + "}";
  };
  for (const auto& [kind, operands, passing, failing, objection] : cases) {
    const HealthSpec spec = expecting({has("/x", kind, operands)});
    EXPECT_EQ(judge(spec, body(passing)), "healthy") << passing;
    EXPECT_EQ(judge(spec, body(failing)), "unhealthy: /x " + objection);
  }
}

TEST(Expectation, AnAbsentValuePassesOnlyTheTestThatItIsAbsent) {
  for (int kind = 0; kind <= static_cast<int>(JsonTestKind::exists); ++kind) {
    const auto test = static_cast<JsonTestKind>(kind);
    EXPECT_EQ(judge(expecting({has("/x", test, {true})}), "{}").substr(0, 22),
              "unhealthy: /x is absen")
        << kind;
  }
  EXPECT_EQ(judge(expecting({has("/x", JsonTestKind::exists, {false})}), "{}"), "healthy");
  EXPECT_EQ(judge(expecting({has("/x", JsonTestKind::exists, {false})}), "none"),
            "unhealthy: the report is not JSON: syntax error");
}

TEST(Expectation, SeveralTestsOfOneValueMustAllHold) {
  HealthSpec spec =
      expecting({{"/x", {{JsonTestKind::greater, {1.0}}, {JsonTestKind::less, {5.0}}}}});
  EXPECT_EQ(judge(spec, R"({"x":3})"), "healthy");
  EXPECT_EQ(judge(spec, R"({"x":1})"), "unhealthy: /x is 1, not > 1");
  EXPECT_EQ(judge(spec, R"({"x":5})"), "unhealthy: /x is 5, not < 5");
}

TEST(Expectation, HeadersAndBody) {
  HealthSpec spec;
  spec.expect.headers = {{"X-State", {StringMatchKind::exact, "ready"}},
                         {"x-version", {StringMatchKind::prefix, "2."}},
                         {"x-zone", {StringMatchKind::regex, "eu-[0-9]"}},
                         {"x-id", {}}};
  spec.expect.body_matches = "^ok|healthy";
  const std::vector<routing::Field> good{
      {"x-state", "ready"}, {"X-Version", "2.1"}, {"X-Zone", "eu-1"}, {"x-id", ""}};
  EXPECT_EQ(judge(spec, {.status = 200, .fields = good, .body = "ok then"}), "healthy");
  EXPECT_EQ(judge(spec, {.status = 200, .fields = good, .body = "not ok"}),
            "unhealthy: the body does not match \"^ok|healthy\"");
  struct Case {
    std::size_t at;
    std::string_view value;  // empty: the field is missing
    std::string reason;
  };
  const Case cases[]{
      {0, "draining\x1b", R"(the header x-state is "draining\x1b", not "ready")"},
      {0, "", R"(the header x-state is absent, not "ready")"},
      {1, "12.", R"(the header x-version is "12.", not beginning with "2.")"},
      {2, "eu-1x", R"(the header x-zone is "eu-1x", not a match of "eu-[0-9]")"},
      {3, "", "the header x-id is absent"},
  };
  for (const auto& [at, value, reason] : cases) {
    auto fields = good;
    fields[at].value = value;
    if (value.empty()) fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_EQ(judge(spec, {.status = 200, .fields = fields, .body = "ok"}), "unhealthy: " + reason);
  }
}

TEST(Expectation, ALargeBodyMattersOnlyWhereItIsAskedFor) {
  const Response large{.status = 200, .body = "{", .whole = false};
  EXPECT_EQ(judge(HealthSpec{}, large), "healthy");
  EXPECT_EQ(judge(contract(), large), "unhealthy: the report is larger than 64 KiB");
  HealthSpec by_text;
  by_text.expect.body_matches = ".";
  EXPECT_EQ(judge(by_text, large), "unhealthy: the body is larger than 64 KiB");
}

TEST(Expectation, DegradedExcusesOnlyWhatItNames) {
  struct Case {
    std::string body;
    unsigned status;
    std::string verdict;
  };
  const std::string degraded = with(kReport, "\"healthy\"", "\"degraded\"");
  const Case cases[]{
      {degraded, 200, R"(degraded: /status is "degraded")"},
      {degraded, 503, "unhealthy: status 503"},
      {with(degraded, R"("database":true)", R"("database":false)"), 200,
       "unhealthy: /checks/database is false, not true"},
      {with(degraded, "blue", "green"), 200, R"(unhealthy: /environment is "green", not "blue")"},
      {with(kReport, "\"healthy\"", "\"half\""), 200,
       R"(unhealthy: /status is "half", not "healthy")"},
      {"{\"status\":\"degraded\",\"status\":\"degraded\"}", 200,
       "unhealthy: the report has the key \"status\" twice"},
  };
  for (const auto& [body, status, verdict] : cases)
    EXPECT_EQ(judge(contract(), body, status), verdict) << body;
}

TEST(Expectation, DegradedMustMatchAsAWhole) {
  HealthSpec spec = contract();
  spec.degraded->expect.statuses = {{429, 429}, {503, 503}};
  spec.degraded->expect.headers = {{"x-load", {}}};
  const std::string body = with(kReport, "\"healthy\"", "\"degraded\"");
  const std::vector<routing::Field> load{{"X-Load", "high"}};
  EXPECT_EQ(judge(spec, {.status = 503, .fields = load, .body = body}),
            R"(degraded: /status is "degraded")");
  EXPECT_EQ(judge(spec, {.status = 503, .body = body}), "unhealthy: status 503");
  EXPECT_EQ(judge(spec, {.status = 200, .fields = load, .body = body}),
            R"(unhealthy: /status is "degraded", not "healthy")");
}

TEST(Expectation, DegradedNamesWhatItSaw) {
  HealthSpec spec;
  auto& degraded = spec.degraded.emplace().expect;
  degraded.statuses = {{429, 429}};
  EXPECT_EQ(judge(spec, "", 429), "degraded: status 429");
  EXPECT_EQ(judge(spec, "", 200), "healthy");
  degraded.body_matches = "slow";
  EXPECT_EQ(judge(spec, "slow", 429), "degraded: the body matches \"slow\"");
  degraded.headers = {{"X-Load", {StringMatchKind::exact, "high"}}};
  const std::vector<routing::Field> load{{"x-load", "high"}};
  EXPECT_EQ(judge(spec, {.status = 429, .fields = load, .body = "slow"}),
            "degraded: the header x-load is \"high\"");
}

TEST(Expectation, DegradedThatNamesNothingIsNever) {
  HealthSpec spec;
  spec.degraded.emplace();
  EXPECT_EQ(judge(spec, "", 200), "healthy");
  EXPECT_EQ(judge(spec, "", 500), "unhealthy: status 500");
}

SelfReport report_of(const HealthSpec& spec, const Response& response) {
  return Expectation(spec).judge(response).report;
}

TEST(Expectation, KeepsWhatTheEndpointSaysOfItself) {
  const SelfReport blue{"1.4.2", "blue"};
  EXPECT_EQ(report_of(contract(), {.status = 200, .body = kReport}), blue);
  EXPECT_EQ(report_of(HealthSpec{}, {.status = 200, .body = kReport}), blue);
  EXPECT_EQ(report_of(HealthSpec{}, {.status = 503, .body = kReport}), blue)
      << "also of one that is unhealthy";
  const std::pair<std::string, SelfReport> cases[]{
      {R"({"version":"1\n2"})", {R"(1\x0a2)", ""}},
      {R"({"version":")" + std::string(100, 'v') + "\"}", {std::string(61, 'v') + "...", ""}},
      {R"({"version":1,"environment":["x"]})", {}},
      {R"({"build":{"version":"1"}})", {}},
      {R"({"version":"1","version":"2"})", {}},
      {R"({"version":"1"} x)", {}},
      {R"([{"version":"1"}])", {}},
      {"<html>version</html>", {}},
      {"", {}},
  };
  for (const auto& [body, report] : cases) {
    const Response response{.status = 200, .body = body};
    EXPECT_EQ(report_of(HealthSpec{}, response), report) << body;
    EXPECT_EQ(judge(HealthSpec{}, response), "healthy") << "nobody asked for JSON: " << body;
  }
}

TEST(Expectation, ReasonsStayOneShortLine) {
  const std::string body = R"({"status":"a\nb\u001b[2J)" + std::string(60'000, 'x') + "\"}";
  HealthSpec spec = expecting({is("/status", std::string(500, 'y'))});
  const std::string reason = judge(spec, body);
  EXPECT_LT(reason.size(), 200U);
  EXPECT_EQ(reason.find_first_of("\n\x1b"), std::string::npos);
  EXPECT_EQ(reason.substr(0, 41), R"(unhealthy: /status is "a\x0ab\x1b[2Jxxxxx)");
}

}  // namespace
}  // namespace sluice::health
