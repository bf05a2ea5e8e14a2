#pragma once
// The endpoints: what is known of their health, and whether an operator wants them used.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// GET /api/v1/upstreams: {"upstreams":[{"name":"blue","endpoints":[{"address":"10.0.0.1:80",
// "name":"app.internal:80","state":"unhealthy","reason":"/checks/database is
// false","version":"1.0", "environment":"blue","share_percent":100,"service":"active"}]}]}; what is
// unknown is left out.
Handler make_upstreams(ControlRoom room);
// PUT /api/v1/upstreams/{upstream}/endpoints/{endpoint}/state: {"state":"drain","reason":"..."}.
Handler make_put_endpoint_state(ControlRoom room);

}  // namespace sluice::admin
