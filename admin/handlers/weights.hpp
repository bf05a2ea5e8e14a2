#pragma once
// Weights of a route: read, set, switched.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// GET /api/v1/routes/{route}/weights: {"weights":{"blue":90,"canary":10},"configured":{...},
// "source":"config","generation":42}, with `ETag: "42"`; while the change is for a time also
// "returns_at" (RFC 3339) and "returns_to".
Handler make_get_weights(ControlRoom room);
// PUT: {"weights":{...},"reason":"...","revert_after":"15m"}; If-Match; ?dry_run=true. The answer
// is that of GET, once every worker serves it.
Handler make_put_weights(ControlRoom room);
// POST /api/v1/routes/{route}/switch: {"to":"green","force":false,"reason":"..."}.
Handler make_switch(ControlRoom room);
// POST /api/v1/routes/{route}/revert: {"reason":"..."}: back to the last weights that are known to
// be good. 409 when there are none.
Handler make_revert(ControlRoom room);

}  // namespace sluice::admin
