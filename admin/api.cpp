#include "admin/api.hpp"

#include "admin/handlers/audit.hpp"
#include "admin/handlers/configuration.hpp"
#include "admin/handlers/drain.hpp"
#include "admin/handlers/events.hpp"
#include "admin/handlers/experiment.hpp"
#include "admin/handlers/explain.hpp"
#include "admin/handlers/guard.hpp"
#include "admin/handlers/healthz.hpp"
#include "admin/handlers/metrics.hpp"
#include "admin/handlers/readyz.hpp"
#include "admin/handlers/rollout.hpp"
#include "admin/handlers/status.hpp"
#include "admin/handlers/upstreams.hpp"
#include "admin/handlers/weights.hpp"
#include "telemetry/prometheus_text.hpp"

namespace sluice::admin {
namespace {

using http::verb;

constexpr const char* kWeightsBody =
    R"({"type":"object","additionalProperties":false,"required":["weights"],"properties":{)"
    R"("weights":{"type":"object","additionalProperties":{"type":"integer","minimum":0,)"
    R"("maximum":2147483647}},"reason":{"type":"string","maxLength":1024},)"
    R"("revert_after":{"type":"string","example":"15m"}}})";
constexpr const char* kSwitchBody =
    R"({"type":"object","additionalProperties":false,"required":["to"],"properties":{)"
    R"("to":{"type":"string"},"force":{"type":"boolean"},"reason":{"type":"string","maxLength":1024}}})";
constexpr const char* kReasonBody =
    R"({"type":"object","additionalProperties":false,"properties":{)"
    R"("reason":{"type":"string","maxLength":1024}}})";
constexpr const char* kPromoteBody =
    R"({"type":"object","additionalProperties":false,"properties":{)"
    R"("full":{"type":"boolean"},"reason":{"type":"string","maxLength":1024}}})";
constexpr const char* kExperimentEventBody =
    R"({"type":"object","additionalProperties":false,"required":["event"],"properties":{)"
    R"("event":{"type":"string","maxLength":64},"arm":{"type":"string","maxLength":64},)"
    R"("key":{"type":"string","maxLength":256},"counts":{"type":"object",)"
    R"("additionalProperties":{"type":"integer","minimum":0,"maximum":2147483647}}}})";
constexpr const char* kStateBody =
    R"({"type":"object","additionalProperties":false,"required":["state"],"properties":{)"
    R"("state":{"type":"string","enum":["active","drain","down"]},)"
    R"("reason":{"type":"string","maxLength":1024}}})";
constexpr const char* kExplainBody =
    R"({"type":"object","additionalProperties":false,"required":["url"],"properties":{)"
    R"("method":{"type":"string"},"url":{"type":"string"},"client_ip":{"type":"string"},)"
    R"("headers":{"type":"object","additionalProperties":{"type":"string"}}}})";
constexpr const char* kAnyText = R"({"type":"string"})";

void add_life(Router& router, const ControlRoom& room) {
  router.add({verb::get, "/healthz", Role::none, make_healthz(), {.summary = "Alive"}});
  router.add({verb::get,
              "/readyz",
              Role::none,
              make_readyz(room.obstacles),
              {.summary = "Fit for traffic", .statuses = {503}}});
  router.add({verb::get,
              "/metrics",
              Role::viewer,
              make_metrics(room.metrics),
              {.summary = "Prometheus text 0.0.4", .answer_type = telemetry::kPrometheusTextType}});
}

void add_weights(Router& router, const ControlRoom& room) {
  const std::string route = "/api/v1/routes/{route}";
  router.add({verb::get,
              route + "/weights",
              Role::viewer,
              make_get_weights(room),
              {.summary = "Weights of a route, with their ETag", .statuses = {404}}});
  router.add({verb::put,
              route + "/weights",
              Role::operates,
              make_put_weights(room),
              {.summary = "Set the weights of a route; If-Match is needed",
               .statuses = {404, 409, 412, 422, 428, 503},
               .body = kWeightsBody}});
  router.add({verb::post,
              route + "/switch",
              Role::operates,
              make_switch(room),
              {.summary = "All weight to one upstream",
               .statuses = {404, 409, 412, 422, 503},
               .body = kSwitchBody}});
}

void add_guard(Router& router, const ControlRoom& room) {
  const std::string route = "/api/v1/routes/{route}";
  router.add({verb::get,
              route + "/guard",
              Role::viewer,
              make_get_guard(room),
              {.summary = "Evidence against the guarded upstreams of a route", .statuses = {404}}});
  router.add({verb::post,
              route + "/revert",
              Role::operates,
              make_revert(room),
              {.summary = "Back to the last weights that are known to be good",
               .statuses = {404, 409, 412, 422, 503},
               .body = kReasonBody}});
}

void add_rollout(Router& router, const ControlRoom& room) {
  using control::RolloutCommand;
  const std::string path = "/api/v1/routes/{route}/rollout";
  router.add({verb::get,
              path,
              Role::viewer,
              make_get_rollout(room),
              {.summary = "The newest rollout of a route", .statuses = {404}}});
  const auto command = [&](const std::string& word, RolloutCommand what, const char* summary,
                           const char* body) {
    router.add({verb::post,
                path + word,
                Role::operates,
                make_rollout_command(room, what),
                {.summary = summary, .statuses = {404, 409, 422}, .body = body}});
  };
  command("", RolloutCommand::start, "Start the rollout of the configuration", kReasonBody);
  command("/pause", RolloutCommand::pause, "Hold it where it is", kReasonBody);
  command("/resume", RolloutCommand::resume, "Go on", kReasonBody);
  command("/promote", RolloutCommand::promote, "Go on to the next step, or to the end",
          kPromoteBody);
  command("/abort", RolloutCommand::abort, "All weight back to stable, now", kReasonBody);
  command("/undo", RolloutCommand::undo, "The same while it bakes, or afterwards", kReasonBody);
  command("/approve", RolloutCommand::approve, "Open the gate that it waits at", kReasonBody);
}

void add_experiments(Router& router, const ControlRoom& room) {
  const std::string path = "/api/v1/experiments";
  const std::string one = path + "/{experiment}";
  router.add({verb::get,
              path,
              Role::viewer,
              make_experiments(room),
              {.summary = "The experiments of the configuration and what they have counted"}});
  router.add({verb::get,
              one,
              Role::viewer,
              make_get_experiment(room),
              {.summary = "One experiment", .statuses = {404}}});
  router.add({verb::post,
              one + "/start",
              Role::operates,
              make_start_experiment(room),
              {.summary = "Set its weights and count from 0",
               .statuses = {404, 409, 422, 503},
               .body = kReasonBody}});
  router.add({verb::post,
              one + "/stop",
              Role::operates,
              make_stop_experiment(room),
              {.summary = "Count no more; the weights stay",
               .statuses = {404, 409, 422},
               .body = kReasonBody}});
  router.add({verb::post,
              one + "/events",
              Role::operates,
              make_experiment_event(room),
              {.summary = "A user of an arm has done something",
               .statuses = {404, 409, 422},
               .body = kExperimentEventBody}});
}

void add_upstreams(Router& router, const ControlRoom& room) {
  router.add({verb::get,
              "/api/v1/upstreams",
              Role::viewer,
              make_upstreams(room),
              {.summary = "Endpoints, their health and their service"}});
  router.add({verb::put,
              "/api/v1/upstreams/{upstream}/endpoints/{endpoint}/state",
              Role::operates,
              make_put_endpoint_state(room),
              {.summary = "Use an endpoint, drain it, or take it down",
               .statuses = {404, 409, 422, 503},
               .body = kStateBody}});
}

void add_configuration(Router& router, const ControlRoom& room) {
  router.add({verb::get,
              "/api/v1/config",
              Role::viewer,
              make_get_config(room),
              {.summary = "The configuration that is served", .answer_type = "application/yaml"}});
  router.add({verb::post,
              "/api/v1/config/validate",
              Role::viewer,
              make_validate_config(room),
              {.summary = "Judge a configuration",
               .statuses = {422},
               .body = kAnyText,
               .content_type = "application/yaml"}});
  router.add({verb::post,
              "/api/v1/config/reload",
              Role::admin,
              make_reload_config(room),
              {.summary = "Read the configuration anew", .statuses = {409, 422}}});
}

}  // namespace

Router make_router(const ControlRoom& room, const std::string& version) {
  Router router;
  add_life(router, room);
  router.add({verb::get,
              "/api/v1/status",
              Role::viewer,
              make_status(room, version),
              {.summary = "Routes, weights and upstreams"}});
  router.add({verb::get,
              "/api/v1/routes",
              Role::viewer,
              make_routes(room),
              {.summary = "Routes and their weights"}});
  add_weights(router, room);
  add_guard(router, room);
  add_rollout(router, room);
  add_experiments(router, room);
  add_upstreams(router, room);
  router.add({verb::post,
              "/api/v1/explain",
              Role::viewer,
              make_explain(room),
              {.summary = "Where a request would go", .statuses = {422}, .body = kExplainBody}});
  if (room.reload) add_configuration(router, room);
  if (room.drain)
    router.add({verb::post,
                "/api/v1/drain",
                Role::admin,
                make_drain(room),
                {.summary = "Take no more connections, end with the last", .statuses = {422}}});
  router.add({verb::get,
              "/api/v1/audit",
              Role::viewer,
              make_audit(room),
              {.summary = "Who did or tried what, newest first", .statuses = {503}}});
  if (room.events != nullptr)
    router.add({verb::get,
                "/api/v1/events",
                Role::viewer,
                {},
                {.summary = "What happens, as it happens",
                 .statuses = {503},
                 .answer_type = "text/event-stream"},
                make_events(*room.events)});
  const std::string document = describe_api(router, version);
  router.add({verb::get, "/openapi.json", Role::viewer, answered([document](const Call&) {
                return make_response(http::status::ok, "application/json", document);
              })});
  return router;
}

}  // namespace sluice::admin
