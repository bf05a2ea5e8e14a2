#include "admin/handlers/status.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "admin/views.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

json::array describe_routes(const control::View& view,
                            const std::vector<telemetry::ArmRate>& rates) {
  json::array routes;
  for (const routing::Route& route : view.snapshot->routes) {
    json::object out{{"name", route.name}};
    for (auto& member : describe_weights(view.state.weights.at(route.name)))
      out.insert(std::move(member));
    out["observed"] = describe_observed(rates, route.name);
    out["traffic"] = describe_traffic(rates, route.name);
    routes.push_back(std::move(out));
  }
  return routes;
}

json::array describe_upstreams(const control::View& view,
                               const std::vector<health::EndpointStatus>& statuses) {
  json::array upstreams;
  for (const routing::Upstream& upstream : view.snapshot->upstreams) {
    json::array health;
    for (const health::EndpointStatus& status : statuses)
      if (status.upstream == upstream.name) health.push_back(describe_endpoint(view.state, status));
    upstreams.push_back({{"name", upstream.name},
                         {"endpoints", upstream.endpoints.size()},
                         {"available", upstream.available.size()},
                         {"health", std::move(health)}});
  }
  return upstreams;
}

bool is_degraded(const routing::Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.routes, [&](const routing::Route& route) {
    return std::ranges::any_of(route.arms, [&](const routing::Arm& arm) {
      return arm.weight > 0 && snapshot.upstreams[arm.upstream_index].available.empty();
    });
  });
}

}  // namespace

Handler make_status(ControlRoom room, std::string version) {
  return answered([room = std::move(room), version = std::move(version)](const Call&) {
    const auto view = room.view();
    return make_json(json::object{{"version", version},
                                  {"generation", view->snapshot->generation},
                                  {"status", is_degraded(*view->snapshot) ? "degraded" : "ok"},
                                  {"routes", describe_routes(*view, room.rates())},
                                  {"upstreams", describe_upstreams(*view, room.statuses())}});
  });
}

Handler make_routes(ControlRoom room) {
  return answered([room = std::move(room)](const Call&) {
    return make_json(json::object{{"routes", describe_routes(*room.view(), room.rates())}});
  });
}

}  // namespace sluice::admin
