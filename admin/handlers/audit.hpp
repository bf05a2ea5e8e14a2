#pragma once
// GET /api/v1/audit: who did or tried what, newest first.
#include "admin/control_room.hpp"
#include "admin/exchange.hpp"

namespace sluice::admin {

// ?limit=100 (at most 1,000) &before=ID &target=shop. {"audit":[{"id":7,"at":"...","actor":"ann",
// "role":"operator","peer":"127.0.0.1:41234","action":"weights","target":"shop","before":"blue=90
// canary=10","after":"blue=50 canary=50","reason":"...","result":"done"}]}.
Handler make_audit(ControlRoom room);

}  // namespace sluice::admin
