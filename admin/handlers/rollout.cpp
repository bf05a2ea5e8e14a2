#include "admin/handlers/rollout.hpp"

#include <cmath>

#include <boost/json/array.hpp>

#include "admin/json_body.hpp"
#include "admin/views.hpp"
#include "control/rollout_text.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

constexpr std::size_t kReasonBytes = 1024;

json::array metrics_of(const control::RolloutStatus& status) {
  json::array metrics;
  for (const rollout::MetricWatch& metric : status.metrics) {
    json::object one{{"name", metric.spec().name},
                     {"failures", metric.failures()},
                     {"in_words", metric.in_words()}};
    if (metric.last()) one["outcome"] = label(*metric.last());
    if (metric.value() && std::isfinite(*metric.value())) one["value"] = *metric.value();
    metrics.push_back(std::move(one));
  }
  return metrics;
}

Response answer(const control::RolloutStatus& status) {
  const rollout::RolloutState& state = status.state;
  json::array steps;
  for (const rollout::StepSpec& step : state.spec.steps)
    steps.push_back(json::string(control::in_words(step)));
  json::object out{{"route", state.spec.route},
                   {"stable", state.swapped ? state.spec.canary : state.spec.stable},
                   {"canary", state.swapped ? state.spec.stable : state.spec.canary},
                   {"phase", label(state.phase)},
                   {"step", std::min<std::size_t>(state.step + 1, state.spec.steps.size())},
                   {"steps", std::move(steps)},
                   {"share", state.share}};
  if (!status.metrics.empty()) out["metrics"] = metrics_of(status);
  if (state.hold != rollout::Hold::none) out["hold"] = label(state.hold);
  if (!state.reason.empty()) out["reason"] = state.reason;
  if (status.left)
    out["left_seconds"] = std::chrono::ceil<std::chrono::seconds>(*status.left).count();
  return make_json(out);
}

}  // namespace

Handler make_get_rollout(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    const std::string route = call.parameter("route");
    room.rollout(route, [route, reply](const std::optional<control::RolloutStatus>& status) {
      reply(status ? answer(*status)
                   : make_problem(http::status::not_found, "not_found",
                                  "route '" + route + "' has had no rollout"));
    });
  };
}

Handler make_rollout_command(ControlRoom room, control::RolloutCommand command) {
  return [room = std::move(room), command](const Call& call, const Reply& reply) {
    auto body = JsonBody::read(call.request);
    if (!body) return call.refuse(body.error());
    control::RolloutRequest request{
        .command = command, .route = call.parameter("route"), .actor = call.actor};
    request.reason = body->text("reason", kReasonBytes);
    if (command == control::RolloutCommand::promote) request.full = body->flag("full");
    if (auto refusal = body->refusal()) return call.refuse(*std::move(refusal));
    room.steer(std::move(request), [reply](const auto& done) {
      reply(done ? answer(*done) : make_refusal(done.error()));
    });
  };
}

}  // namespace sluice::admin
