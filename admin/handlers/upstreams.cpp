#include "admin/handlers/upstreams.hpp"

#include <boost/json/array.hpp>

#include "admin/json_body.hpp"
#include "admin/preconditions.hpp"
#include "admin/views.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;
using routing::Service;

std::optional<Service> parse_service(std::string_view text) {
  for (const Service service : {Service::active, Service::drain, Service::down})
    if (control::service_label(service) == text) return service;
  return std::nullopt;
}

}  // namespace

Handler make_upstreams(ControlRoom room) {
  return answered([room = std::move(room)](const Call&) {
    const auto view = room.view();
    json::array upstreams;
    for (const health::EndpointStatus& status : room.statuses()) {
      if (upstreams.empty() || upstreams.back().at("name").as_string() != status.upstream)
        upstreams.push_back({{"name", status.upstream}, {"endpoints", json::array()}});
      upstreams.back().at("endpoints").as_array().push_back(describe_endpoint(view->state, status));
    }
    return make_json(json::object{{"upstreams", std::move(upstreams)}});
  });
}

Handler make_put_endpoint_state(ControlRoom room) {
  return [room = std::move(room)](const Call& call, const Reply& reply) {
    auto body = JsonBody::read(call.request);
    if (!body) return call.refuse(body.error());
    const std::string wanted = body->needed_text("state", 16);
    std::string reason = body->text("reason", 1024);
    if (auto refusal = body->refusal()) return call.refuse(*std::move(refusal));
    const auto service = parse_service(wanted);
    if (!service)
      return call.refuse(make_problem(http::status::unprocessable_entity, "invalid",
                                      "the body makes no sense",
                                      {{"/state", "must be active, drain or down"}}));
    const auto dry_run = read_dry_run(call);
    if (!dry_run) return call.refuse(dry_run.error());
    control::AssignService change{call.parameter("upstream"), call.parameter("endpoint"), *service};
    room.request(
        {.change = std::move(change),
         .actor = call.actor,
         .reason = std::move(reason),
         .dry_run = *dry_run},
        [reply, wanted](const auto& done) {
          reply(done ? make_json(json::object{{"state", wanted}}) : make_refusal(done.error()));
        });
  };
}

}  // namespace sluice::admin
