#include "admin/handlers/guard.hpp"

#include <cmath>
#include <cstdio>

#include <boost/json/array.hpp>

#include "admin/handlers/weights.hpp"
#include "admin/views.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

// Boost.JSON writes 0.05 as 5E-2; people read these.
json::value number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

json::object describe(const control::MetricStatus& metric) {
  json::object out{{"metric", metric.name},
                   {"bad", metric.bad},
                   {"bad_on_both", metric.events},
                   {"share", number(metric.share)},
                   {"ratio", number(metric.ratio)},
                   {"ratio_low", number(metric.bounds.low)},
                   {"ratio_high", number(metric.bounds.high)},
                   {"log_evidence", number(metric.log_evidence)},
                   {"log_threshold", number(metric.log_threshold)}};
  if (metric.limit_log_threshold > 0) {
    out["over_limit"] = metric.over;
    out["decided"] = metric.decided;
    out["limit_log_evidence"] = number(metric.limit_log_evidence);
    out["limit_log_threshold"] = number(metric.limit_log_threshold);
  }
  if (metric.slow_after) {
    out["slow_after_seconds"] = number(*metric.slow_after);
    out["slow_after_seconds_baseline"] = number(*metric.slow_after_baseline);
  }
  out["supposed_ratio"] = number(metric.supposed_ratio);
  out["expected_seconds"] = metric.expected_seconds ? number(*metric.expected_seconds) : nullptr;
  return out;
}

json::object describe(const control::RunStatus& run) {
  json::object out{{"upstream", run.upstream},
                   {"finding", run.finding},
                   {"evidence", run.sentence},
                   {"age_seconds", number(static_cast<double>(run.age.count()) / 1000)},
                   {"requests", run.requests},
                   {"safe_to_advance", run.safe_to_advance},
                   {"uncalibrated", run.uncalibrated},
                   {"sample_ratio_mismatch", run.sample_ratio_mismatch},
                   {"too_many_sessions", run.too_many_sessions}};
  json::array metrics;
  for (const auto& metric : run.metrics) metrics.push_back(describe(metric));
  out["metrics"] = std::move(metrics);
  return out;
}

json::object describe(const control::BreachRecord& record) {
  return {{"at", format_time(record.at)},
          {"upstream", record.upstream},
          {"action", record.action},
          {"metric", record.metric},
          {"common_cause", record.common_cause},
          {"before", record.before},
          {"after", record.after},
          {"evidence", record.sentence},
          {"harmed", record.harmed},
          {"took_ms", record.took.count()}};
}

Response answer(const control::GuardStatus& status,
                const std::vector<control::BreachRecord>& breaches) {
  json::object out{{"route", status.route},
                   {"baseline", status.baseline},
                   {"false_revert_probability", number(status.false_revert_probability)},
                   {"on_breach", status.on_breach}};
  json::array watched;
  for (const auto& run : status.runs) watched.push_back(describe(run));
  out["upstreams"] = std::move(watched);
  if (status.known_good) out["known_good"] = admin::describe(*status.known_good);
  json::array past;
  for (const auto& record : breaches)
    if (record.route == status.route) past.push_back(describe(record));
  out["breaches"] = std::move(past);
  return make_json(out);
}

}  // namespace

Handler make_get_guard(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    room.guard(call.parameter("route"), [room, route = call.parameter("route"),
                                         reply](std::optional<control::GuardStatus> status) {
      if (status) return reply(answer(*status, room.breaches()));
      reply(make_problem(http::status::not_found, "not_found",
                         "there is no route '" + route + "' with a guard"));
    });
  };
}

}  // namespace sluice::admin
