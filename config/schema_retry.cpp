// The rows of a route's `retry`.
#include <array>

#include "config/schema_parts.hpp"
#include "config/status_range.hpp"

namespace sluice::config {
namespace {

using routing::RetryCondition;
using routing::RetryOn;
using routing::RetrySpec;

// What a retry could better: errors, of the client's making (408, 425, 429) or the server's.
constexpr unsigned kStatusMin = 400;
constexpr unsigned kStatusMax = 599;

struct ConditionWord {
  std::string_view word;
  RetryCondition condition;
};
constexpr std::array kConditions{ConditionWord{"connect_failure", RetryCondition::connect_failure},
                                 ConditionWord{"reset", RetryCondition::reset},
                                 ConditionWord{"timeout", RetryCondition::timeout}};

Result<RetryOn, Problem> parse_condition(std::string_view written) {
  for (const auto& [word, condition] : kConditions)
    if (word == written) return RetryOn{condition, {}};
  if (!written.empty() && written.front() >= '0' && written.front() <= '9') {
    const auto statuses = parse_status_range(written, kStatusMin, kStatusMax);
    if (statuses) return RetryOn{RetryCondition::status, *statuses};
    return Failure{Problem{statuses.error()}};
  }
  std::vector<std::string> words;
  for (const auto& it : kConditions) words.emplace_back(it.word);
  words.emplace_back("502-504");
  return Failure{not_one_of(written, words)};
}

std::string print_condition(const RetryOn& on) {
  for (const auto& [word, condition] : kConditions)
    if (condition == on.condition) return std::string(word);
  return print_status_range(on.statuses);
}

Codec<RetryOn> condition() {
  Type type{.form = Form::text,
            .summary = "connect_failure, reset, timeout or status codes",
            .pattern = "^(connect_failure|reset|timeout|[45][0-9][0-9](-[45][0-9][0-9])?)$",
            .min = "400",
            .max = "599"};
  return scalar<RetryOn>(std::move(type), parse_condition, print_condition);
}

}  // namespace

Codec<RetrySpec> retry_codec() {
  using R = RetrySpec;
  return object<R>(
      {.fields = {
           row("attempts", &R::attempts, integer(0, R::kAttemptsMax),
               "How often a request may be sent to another endpoint; each is tried once. An "
               "idempotent request on a connection that had been idle and ends within 200 ms is "
               "sent again on a new one, once, whatever stands here."),
           row("on", &R::on, list(condition()),
               "What calls for another attempt: `connect_failure` (nothing was sent, so any "
               "method), or, for idempotent methods, `reset` (the connection ended before a byte "
               "of the response), `timeout` (the response did not begin in time) and status codes "
               "from 400 to 599. Not once part of a body was sent, unless it has a Content-Length "
               "up to 16 KiB and came with its head, nor after a 1xx response.",
               {.example = "[connect_failure, reset, \"502-504\"]"}),
           row("budget", &R::budget, ratio(),
               "Requests sent again may be this share of the upstream's requests, so that a sick "
               "upstream does not get twice the work. Each worker counts for itself, begins with "
               "10 and saves up to 1000 for a burst; 0%: none. Connect failures do not count."),
           row("other_upstream", &R::other_upstream, upstream_name(),
               "The second attempt goes to this upstream, the baseline for instance, when it has "
               "an endpoint. The failure counts against the first.",
               {.example = "blue"})}});
}

}  // namespace sluice::config
