#pragma once
// POST /api/v1/drain: as TERM.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// {"draining":true}: no more connections are accepted; the process ends when the last has gone, or
// after `drain_timeout`.
Handler make_drain(ControlRoom room);

}  // namespace sluice::admin
