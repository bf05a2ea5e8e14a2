#include "admin/handlers/status.hpp"

#include <algorithm>

#include <boost/json/array.hpp>

#include "admin/views.hpp"

namespace sluice::admin {
namespace {

namespace json = boost::json;

json::array describe_routes(const control::View& view) {
  json::array routes;
  for (const routing::Route& route : view.snapshot->routes) {
    json::object out{{"name", route.name}};
    for (auto& member : describe_weights(view.state.weights.at(route.name)))
      out.insert(std::move(member));
    routes.push_back(std::move(out));
  }
  return routes;
}

json::array describe_upstreams(const routing::Snapshot& snapshot) {
  json::array upstreams;
  for (const routing::Upstream& upstream : snapshot.upstreams)
    upstreams.push_back({{"name", upstream.name},
                         {"endpoints", upstream.endpoints.size()},
                         {"available", upstream.available.size()}});
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
                                  {"routes", describe_routes(*view)},
                                  {"upstreams", describe_upstreams(*view->snapshot)}});
  });
}

Handler make_routes(ControlRoom room) {
  return answered([room = std::move(room)](const Call&) {
    return make_json(json::object{{"routes", describe_routes(*room.view())}});
  });
}

}  // namespace sluice::admin
