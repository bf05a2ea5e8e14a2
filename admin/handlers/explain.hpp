#pragma once
// POST /api/v1/explain: where a request would go, and why. A dry run: nothing is sent or counted.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// {"method":"GET","url":"http://shop.example/cart","headers":{"X-User-Group":"testers"},"client_ip":
// "10.0.0.1"} -> {"route":"shop","upstream":"canary","endpoint":"10.0.0.3:80","reason":"override",
// "generation":42,"weights":{...},"available":{"blue":2,"canary":1}}; without an
// upstream "failure" says why. A draw by weight is one of many: what it may be, `weights` say.
Handler make_explain(ControlRoom room);

}  // namespace sluice::admin
