#pragma once
// Decides from a response whether the endpoint that gave it is healthy: the compiled form of
// HealthSpec's `expect` and `degraded`.
//
// Thread: immutable; the checks of one upstream share it.   Path: cold.
// Order:  1. A response that has everything `degraded` names is degraded, as long as it has the
//            rest of `expect` too: `degraded` excuses only what it names itself (its statuses, its
//            body, a header, a pointer), nothing beside it.
//         2. Else a response that has everything `expect` names is healthy.
//         3. Else it is unhealthy, for the first reason in the order status, headers, body, report.
// Invariant: nothing holds of a report that is refused (health/json_report.hpp). What the endpoint
//            has written is printable() in a reason, so that this stays one short line.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "health/json_report.hpp"
#include "health/json_test.hpp"
#include "health/verdict.hpp"
#include "routing/match.hpp"
#include "routing/spec.hpp"

namespace sluice::health {

// Views: the caller keeps the bytes alive.
struct Response {
  unsigned status = 0;
  std::span<const routing::Field> fields = {};
  std::string_view body = {};
  bool whole = true;  // false: the body goes on beyond the part that a check reads
};

class Expectation {
 public:
  explicit Expectation(const routing::HealthSpec& spec);

  // With what the endpoint says of itself, if its body is JSON, asked for or not.
  CheckResult judge(const Response& response) const;

 private:
  struct Header {
    routing::HeaderMatcher matcher;
    std::string wanted;  // ", not \"ready\""
  };
  struct Json {
    std::string pointer;
    std::size_t place;  // of its value in the report
    std::vector<JsonTest> tests;
  };
  struct Parts {
    std::vector<routing::StatusRange> statuses;
    std::vector<Header> headers;
    std::string body_text;
    std::shared_ptr<const re2::RE2> body;  // null: not asked
    std::vector<Json> json;
  };
  struct Report {
    ReportValues values;
    std::string refusal;  // why there are none
  };
  using Fault = std::optional<std::string>;

  Parts compile(const routing::ExpectationSpec& spec);
  Report read(const Response& response) const;
  static Fault find_fault(const Parts& parts, const Response& response, const Report& report);
  static Fault find_body_fault(const Parts& parts, const Response& response);
  static Fault find_json_fault(const Parts& parts, const Report& report);
  static std::string describe(const Parts& parts, const Response& response, const Report& report);

  ReportPointers pointers_;
  std::size_t version_;
  std::size_t environment_;
  Parts expect_;
  std::optional<Parts> degraded_;
  Parts besides_degraded_;  // what of expect_ `degraded` does not name
};

}  // namespace sluice::health
