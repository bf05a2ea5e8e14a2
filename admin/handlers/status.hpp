#pragma once
// What `sluice status` shows: the routes with their weights, and the health of their upstreams.
#include <string>

#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// GET /api/v1/status: {"version":"...","generation":42,"status":"ok","routes":[{"name":"shop",
// "weights":{...},...as in weights,"traffic":{"requests_per_second":120.5,"errors_per_second":0}}],
// "upstreams":[{"name":"blue","endpoints":2,"available":2,"health":[...as in upstreams]}]}.
// `status` is "degraded" when an upstream that has a weight somewhere has no available endpoint.
Handler make_status(ControlRoom room, std::string version);
// GET /api/v1/routes: {"routes":[{"name":"shop",...as in weights}]}.
Handler make_routes(ControlRoom room);

}  // namespace sluice::admin
