#pragma once
// What the guard of a route weighs and has done.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// GET /api/v1/routes/{route}/guard: evidence by upstream and metric, in numbers and in words, and
// the breaches of this process, newest first.
Handler make_get_guard(ControlRoom room);

}  // namespace sluice::admin
